// Topological order that keeps the given order where it may: of all nodes whose dependencies are done, the first goes
// next. Iterative, and linear but for the heap.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string_view>
#include <vector>

#include "model/wit/types.hpp"

namespace tenon::wit {

struct Edge {
  std::uint32_t to = 0;
  std::string_view name;  // as written, and where
  Span span;
};

struct Toposort {
  std::vector<std::uint32_t> order;
  const Edge* cycle = nullptr;  // an edge that closes a cycle; the order is then incomplete
};

// `edges[n]` is what node n depends on.
inline Toposort toposort(const std::vector<std::vector<Edge>>& edges) {
  std::vector<std::uint32_t> left(edges.size());
  std::vector<std::vector<std::uint32_t>> dependents(edges.size());
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
  for (std::uint32_t i = 0; i < edges.size(); ++i) {
    left[i] = static_cast<std::uint32_t>(edges[i].size());
    for (const Edge& edge : edges[i]) dependents[edge.to].push_back(i);
    if (left[i] == 0) ready.push(i);
  }
  Toposort result;
  result.order.reserve(edges.size());
  while (!ready.empty()) {
    const std::uint32_t node = ready.top();
    ready.pop();
    result.order.push_back(node);
    for (const std::uint32_t dependent : dependents[node]) {
      if (--left[dependent] == 0) ready.push(dependent);
    }
  }
  for (std::uint32_t i = 0; i < edges.size() && result.cycle == nullptr; ++i) {
    if (left[i] == 0) continue;
    for (const Edge& edge : edges[i]) {
      if (left[edge.to] == 0) continue;
      result.cycle = &edge;
      break;
    }
  }
  return result;
}

}  // namespace tenon::wit
