// What a profiler found, and how it is shown.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::detail {

// Stacks as a tree: a node is a function as called by its parent's.
struct ProfileStacks {
  static constexpr std::uint32_t none = 0xFFFF'FFFF;
  struct Node {
    std::uint32_t parent = none;
    std::uint32_t function = 0;
    double self = 0;   // milliseconds
    double total = 0;  // with what it called
  };
  struct Sample {
    std::uint32_t node = none;  // none: no guest was under way
    double time = 0;            // milliseconds since the begin
    double weight = 0;          // since the sample before
  };
  std::vector<std::string> functions;  // names
  std::vector<Node> nodes;             // parents first
  std::vector<Sample> samples;

  // The node of a function that a node called; made if there is none yet.
  std::uint32_t child(std::uint32_t parent, std::uint32_t function);
  void add(std::uint32_t node, double time, double weight);

 private:
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> known_;
};

std::string flame_graph(const ProfileStacks& stacks);
std::string firefox_profile(const ProfileStacks& stacks, std::string_view title, double interval, double started);

}  // namespace tenon::detail
