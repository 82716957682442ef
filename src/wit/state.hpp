// What the resolvers of single packages share: the result so far, and indexes into it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/concat.hpp"
#include "spec/limits.hpp"
#include "wit/ast.hpp"
#include "wit/parse.hpp"
#include "wit/resolve.hpp"

namespace tenon::wit {

template <class T>
using NameMap = std::unordered_map<std::string_view, T>;

// What a name at the top of a file or package stands for. `absent`: gated away, or used only where that is.
enum class TargetKind : std::uint8_t { absent, interface, world };
struct Target {
  TargetKind kind = TargetKind::absent;
  InterfaceIdx interface;
  WorldIdx world;
};

// The scopes of one package, in the order of their files.
struct PackageUnit {
  PackageName name;
  Span name_span;
  Docs docs;
  std::vector<const ast::Scope*> scopes;
  bool is_main = false;
  bool is_spare = false;  // from a component, as Source says
};

struct State {
  State(Resolve& out, const ResolveOptions& options) : out(out), options(options) {}

  Resolve& out;
  const ResolveOptions& options;
  const Version* target = nullptr;                       // of the main package
  std::unordered_map<std::string, PackageIdx> packages;  // by name and version
  std::vector<NameMap<Target>> package_items;            // by PackageIdx
  std::vector<NameMap<TypeIdx>> interface_types;         // by InterfaceIdx
  std::vector<std::uint32_t> interface_depth;            // by InterfaceIdx: the longest chain of uses
  std::vector<bool> is_resource;                         // by TypeIdx: a resource, or an alias of one
  std::vector<bool> has_borrow;                          // by TypeIdx: a borrow is in it somewhere
  std::uint32_t items = 0;                               // of limits::max_wit_items
  bool failed = false;
  Error error;

  template <class... Pieces>
  void fail(ErrorKind kind, Span span, const Pieces&... pieces) {
    if (failed) return;
    failed = true;
    TextBuffer message;
    (append_text(message, pieces), ...);
    if (span.source.is_none()) {
      error = Error(kind, message.view());
    } else {
      error = error_at(kind, out.sources[span.source], span.begin, message.view());
    }
  }
  template <class... Pieces>
  void invalid(Span span, const Pieces&... pieces) {
    fail(ErrorKind::invalid, span, pieces...);
  }
  // Counts an item that is made, so that a short text cannot ask for a very large result.
  void count_item(Span span) {
    if (++items > limits::max_wit_items)
      fail(ErrorKind::exhausted, span, "the packages have too many types and world items");
  }
  bool is_kept(const Stability& stability) const noexcept {
    if (!stability.is_unstable()) return true;
    if (options.all_unstable) return true;
    for (const std::string_view name : options.unstable) {
      if (name == stability.feature) return true;
    }
    return false;
  }
  // Adds a finished type, and what is known of it.
  TypeIdx add_type(const TypeDef& type);
};

// ", did you mean `x`?", or nothing.
std::string suggestion(std::string_view name, const std::vector<std::string_view>& candidates);
// The same for a type: `candidates` and what every file knows, and what the types of other languages are called here.
std::string type_suggestion(std::string_view name, std::vector<std::string_view> candidates);
// What is wrong with a name when `taken` is there already: "is defined more than once", or how it conflicts.
std::string conflict(std::string_view name, std::string_view taken);

// Resolves one package into the state's result; those it depends on are there already. An error is the state's.
void resolve_package(State& state, const PackageUnit& unit);

}  // namespace tenon::wit
