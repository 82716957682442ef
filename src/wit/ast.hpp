// What the grammar says, before names mean anything. Lives in an arena until the package is resolved.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/WIT.md
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "model/wit/types.hpp"

namespace tenon::wit::ast {

struct Id {
  std::string_view name;
  Span span;
};

// The gates and the external id before an item.
struct Attributes {
  Stability stability;
  std::optional<std::string_view> external_id;
  Span since;  // of the gate that names a version of this package
};

// `id`, or `namespace:package/id@version` when `package` has a namespace.
struct UsePath {
  PackageName package;
  Span package_span;  // of its name
  Id id;
  bool is_local() const noexcept { return package.namespace_.empty(); }
};

struct TypeExpr;

struct MemberExpr {
  Id id;
  const TypeExpr* type = nullptr;
  Docs docs;
};

struct Func {
  Id id;
  FunctionKind kind{};
  bool is_async = false;
  ArenaVector<MemberExpr> params;
  const TypeExpr* result = nullptr;
  Docs docs;
  Attributes attributes;
};

enum class ExprForm : std::uint8_t { primitive, name, constructed };

// A type as written. `arguments` has what stands between '<' and '>'; an absent one (`_`) is a null pointer.
struct TypeExpr {
  ExprForm form{};
  TypeKind kind{};  // of form `constructed`
  Primitive primitive{};
  Id id;  // a type's name; a handle's resource
  std::uint32_t length = 0;
  ArenaVector<const TypeExpr*> arguments;
  ArenaVector<MemberExpr> members;
  ArenaVector<Func> functions;  // of a resource
  Span span;
};

struct TypeItem {
  Id id;
  const TypeExpr* type = nullptr;
  Docs docs;
  Attributes attributes;
};

struct RenamedId {
  Id id;
  Id as;  // the same when it is not renamed
};

struct UseItem {
  UsePath from;
  ArenaVector<RenamedId> names;
  Attributes attributes;
};

struct IncludeItem {
  UsePath from;
  ArenaVector<RenamedId> names;
  Attributes attributes;
};

struct InterfaceBody {
  ArenaVector<UseItem> uses;
  ArenaVector<TypeItem> types;
  ArenaVector<Func> functions;
  // The order in which they were written, where it matters: entry i is a use, a type or a function.
  enum class Entry : std::uint8_t { use, type, function };
  ArenaVector<Entry> order;
};

enum class ExternForm : std::uint8_t { function, interface, path, named_path };

struct ExternItem {
  bool is_import = false;
  ExternForm form{};
  Id id;         // the plain name; for `path`, the last id of the path
  UsePath path;  // of the two paths
  Func function;
  InterfaceBody body;
  Docs docs;
  Attributes attributes;
};

struct WorldBody {
  InterfaceBody types;  // its uses and types
  ArenaVector<IncludeItem> includes;
  ArenaVector<ExternItem> externs;
  // Where each extern stands among the types: the number of types before it.
  ArenaVector<std::uint32_t> types_before;
};

struct InterfaceItem {
  Id id;
  InterfaceBody body;
  Docs docs;
  Attributes attributes;
};

struct WorldItem {
  Id id;
  WorldBody body;
  Docs docs;
  Attributes attributes;
};

struct TopLevelUse {
  UsePath path;
  Id as;
};

enum class ItemKind : std::uint8_t { use, interface, world };

struct Item {
  ItemKind kind{};
  std::uint32_t index = 0;
};

// One `package x { ... }`, or what of one file belongs to the package of its folder.
struct Scope {
  PackageName name;  // without a namespace when the file does not say
  Span name_span;
  Docs docs;
  Span docs_span;
  ArenaVector<TopLevelUse> uses;
  ArenaVector<InterfaceItem> interfaces;
  ArenaVector<WorldItem> worlds;
  ArenaVector<Item> order;
};

struct File {
  Scope own;
  ArenaVector<Scope> nested;
};

}  // namespace tenon::wit::ast
