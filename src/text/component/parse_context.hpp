// What the parts of the text parser for components share.
//
// Problem: the text abbreviates much. A type may stand where an index is meant, and so may the export of an instance,
// or the name of something in an enclosing component; each is short for a definition of its own before the one that
// holds it. Two ways were weighed: a syntax tree that passes rewrite until nothing is short for anything, or writing
// definitions while reading. The second is taken, since in components nothing may be used before it is defined: one
// pass, no tree, and the model is made once.
//
// The order of what is written out is not ours to choose, for indices are visible in the binary, and texts also refer
// to things by number. It is the one of wasm-tools, which everybody's indices come from: for each definition first its
// inline types and instances, inner ones before outer ones, and then, before each of these and before the definition
// itself, the aliases that it needs, in the order in which it mentions them. So a definition is read to its end with
// its `Reference`s kept as they stand (a type inside is defined on the way), and then they are resolved. Inline exports
// stand at the end of the component.
//
// Scopes: a component, or the type of a component, an instance or a core module. Their index spaces are kept by depth,
// so that scopes that follow one another use the same memory.
//
// Core types are read by the parser for core modules, which is why its context is the base of this one: both read from
// the same cursor into the same arena. `core.types` is the index space of core types of the innermost scope.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "model/component/component.hpp"
#include "spec/component_limits.hpp"
#include "text/component/text.hpp"
#include "text/core/parse_context.hpp"

namespace tenon::component {

inline constexpr std::size_t sort_count = static_cast<std::size_t>(Sort::instance) + 1;

// The identifier of what is being defined, and its name: (@name "...") wins over the identifier.
struct Head {
  std::string_view id;
  std::string_view name;
  std::uint32_t offset = 0;
};

// Something named where it is used: by index or identifier, or, when there are `names`, as the export of an instance
// (of the instance's export, ...) that has the index or identifier.
struct Reference {
  Sort sort = Sort::type;
  std::uint32_t offset = 0;
  std::uint32_t index = 0;  // when there is no identifier
  std::string_view id;
  std::span<const std::string_view> names;
};

// A value type as written, where it may have a label and may be left out.
struct TypeDraft {
  std::string_view label;
  bool is_present = true;
  ValType type;
  std::optional<Reference> reference;
};

// An inline export, which goes to the end of its component.
struct PendingExport {
  ExternName name;
  SortIdx item;
  std::uint32_t offset = 0;
};

// A custom section, and how many definitions stand before it. With `is_names`, the component name section.
struct PendingCustom {
  std::size_t place = 0;
  bool is_names = false;
  std::string_view name;
  Bytes payload;
};

// What a type index stands for, and the scope whose indices it has (0 is the outermost); null when not defined here.
struct KnownType {
  const Type* type = nullptr;
  std::size_t depth = 0;
};

enum class ScopeKind : std::uint8_t { component, component_type, instance_type, module_type };

struct Scope {
  explicit Scope(std::pmr::memory_resource& memory);
  void clear() noexcept;

  ScopeKind kind = ScopeKind::component;
  std::string_view id;
  std::array<core::IndexSpace, sort_count> spaces;
  std::pmr::vector<Definition> definitions;
  std::pmr::vector<KnownType> types;  // by type index
  std::pmr::vector<PendingExport> exports;
  std::pmr::vector<PendingCustom> customs;
  Names names;
};

struct ParseContext {
  ParseContext(std::string_view source, std::pmr::memory_resource& memory, const ParseOptions& parse_options);

  core::ParseContext core;
  TokenCursor& in = core.in;
  ParseOptions options;
  std::pmr::deque<Scope> scopes;  // those of depth below `depth` are open
  std::size_t depth = 0;
  std::uint32_t nesting = 0;
  std::uint32_t items = 0;
  std::pmr::vector<TypeDraft> drafts;  // of the types that are open

  Arena& arena() noexcept { return core.module.arena; }
  std::pmr::memory_resource& memory() noexcept { return core.module.arena.upstream(); }
  Scope& scope() noexcept { return scopes[depth - 1]; }
};

// Opening and closing scopes. What a closed scope holds is there until the next one is opened at its depth.
void open_scope(ParseContext& context, ScopeKind kind, std::string_view id);
Scope& close_scope(ParseContext& context);

// One level of components and types in one another, as long as it lives; a fault if that is one too many.
class Nesting {
 public:
  explicit Nesting(ParseContext& context);
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  ~Nesting() { --context_.nesting; }

 private:
  ParseContext& context_;
};

// The identifier and name at the cursor, each of which may be missing.
Head parse_head(ParseContext& context);

// Gives what is defined next the next index of its space, and binds its identifier.
std::uint32_t bind(ParseContext& context, Sort sort, const Head& head);

// Appends a definition to the innermost scope; `member` is the one that `kind` names.
void define(ParseContext& context, const Definition& definition);
template <class T>
void define(ParseContext& context, DefinitionKind kind, const T* Definition::* member, const T& value,
            std::uint32_t offset) {
  Definition definition;
  definition.kind = kind;
  definition.*member = context.arena().make<T>(value);
  definition.offset = offset;
  define(context, definition);
}
// The same for what is in an index space; gives its index.
template <class T>
std::uint32_t define_item(ParseContext& context, DefinitionKind kind, const T* Definition::* member, const T& value,
                          Sort sort, const Head& head, std::uint32_t offset) {
  define(context, kind, member, value, offset);
  return bind(context, sort, head);
}

// The keyword of a sort, `core` included, as it begins a reference: "core func", "instance". Takes it.
std::optional<Sort> accept_sort(ParseContext& context);
// The same behind `core`.
std::optional<Sort> accept_core_sort(ParseContext& context);

bool at_index(ParseContext& context) noexcept;
// A bare index or identifier.
Reference parse_index(ParseContext& context, Sort sort);
// Index and export names, behind the sort's keyword up to the parenthesis that closes.
Reference parse_index_and_names(ParseContext& context, Sort sort);
// A bare index, or one in parentheses with its sort; for core sorts, `core` is expected before it, but may be missing,
// as it was in earlier versions of the format.
Reference parse_reference(ParseContext& context, Sort sort);
// One in parentheses, of any sort.
Reference parse_sort_reference(ParseContext& context);

// The index that is meant. Defines the aliases it takes.
std::uint32_t resolve(ParseContext& context, const Reference& reference);
inline SortIdx resolve_item(ParseContext& context, const Reference& reference) {
  return {reference.sort, resolve(context, reference)};
}
// How many scopes lie between the innermost one and the one that `id` names.
std::uint32_t resolve_outer(ParseContext& context, std::string_view id, std::uint32_t offset);

// The index of what an identifier names in the scope that lies `count` outwards.
std::uint32_t find_in_scope(ParseContext& context, std::uint32_t count, Sort sort, const Reference& reference);

// A list that was gathered, in the arena.
template <class T>
std::span<const T> keep(ParseContext& context, const std::pmr::vector<T>& list) {
  return context.arena().copy(std::span<const T>(list));
}

}  // namespace tenon::component
