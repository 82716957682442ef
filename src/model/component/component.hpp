// A component as data: its definitions in their order, each adding to an index space.
//
// Everything lies in the arena of the outermost component. Core modules stay as bytes until someone asks; nested
// components are decoded, since their definitions refer outwards. Like modules, components remember their sections, so
// that unchanged ones are written back byte for byte (`Section::changed`).
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-definitions
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "model/component/types.hpp"
#include "spec/canon.hpp"

namespace tenon::component {

// What stands behind a name; the value is its code in the binary format.
enum class NameAttribute : std::uint8_t { implements = 0, version_suffix = 1, external_id = 2 };

// An import's or export's name with its attributes. `given` lists those in their order, since writing repeats it, and
// twice what is given twice, which validation refuses; the fields below hold what they say.
struct ExternName {
  std::string_view name;
  std::span<const NameAttribute> given;
  std::optional<std::string_view> implements;  // an interface name
  std::optional<std::string_view> version_suffix;
  std::optional<std::string_view> external_id;
  std::uint8_t form = 0;  // the first byte in the binary: 0, 1, or 2 (with attributes)
};

struct CoreModule {
  Bytes bytes;
  std::uint64_t offset = 0;
};

// An argument or inline export: a name for something.
struct NamedSortIdx {
  ExternName name;  // attributes for inline exports only
  SortIdx item;
};

// `(core instance ...)` and `(instance ...)`: an instantiation, or a bundle of inline exports.
struct CoreInstance {
  std::optional<CoreModuleIdx> module;
  std::span<const NamedSortIdx> items;  // arguments (core instances), or exports
};
struct Instance {
  std::optional<ComponentIdx> component;
  std::span<const NamedSortIdx> items;  // arguments, or exports
};

enum class AliasKind : std::uint8_t { export_ = 0, core_export = 1, outer = 2 };
struct Alias {
  AliasKind kind = AliasKind::export_;
  Sort sort = Sort::func;
  std::uint32_t instance = 0;  // export_: instance; core_export: core instance
  std::string_view name;       // export_, core_export
  std::uint32_t count = 0;     // outer: enclosing scopes to cross
  std::uint32_t index = 0;     // outer
};

enum class StringEncoding : std::uint8_t { utf8 = 0, utf16 = 1, latin1_utf16 = 2 };

// The options in their order, since writing repeats it, and twice what is given twice, which validation refuses; the
// fields below hold what they say.
enum class CanonOption : std::uint8_t {
  utf8 = 0,
  utf16 = 1,
  latin1_utf16 = 2,
  memory = 3,
  realloc = 4,
  post_return = 5,
  async = 6,
  callback = 7,
};
struct CanonOptions {
  std::span<const CanonOption> given;
  StringEncoding encoding = StringEncoding::utf8;
  std::optional<CoreMemoryIdx> memory;
  std::optional<CoreFuncIdx> realloc;
  std::optional<CoreFuncIdx> post_return;
  std::optional<CoreFuncIdx> callback;
  bool is_async = false;
};

// A canonical definition; `info(op).immediates` says which fields are meaningful.
struct Canon {
  CanonOp op = CanonOp::lift;
  CoreFuncIdx core_func;  // lift
  FuncIdx func;           // lower
  TypeIdx type;
  CanonOptions options;
  std::optional<ValType> result;  // results_options
  core::ValType core_type;        // core_type_slot
  std::uint32_t slot = 0;         // core_type_slot
  bool flag = false;              // async, cancellable or shared
  CoreMemoryIdx memory;
  CoreTypeIdx core_func_type;
  CoreTableIdx table;
};

struct Start {
  FuncIdx func;
  std::span<const ValueIdx> arguments;
  std::uint32_t results = 0;
};

struct Import {
  ExternName name;
  ExternType type;
};

struct Export {
  ExternName name;
  SortIdx item;  // of components; declarations have only a type
  std::optional<ExternType> type;
};

// Inside module types.
struct CoreExportDecl {
  std::string_view name;
  core::ExternType type;
};

// A value definition: its type and its bytes in the value format.
struct Value {
  ValType type;
  Bytes bytes;
};

struct ComponentBody;

enum class DefinitionKind : std::uint8_t {
  core_module,
  core_instance,
  core_type,
  component,
  instance,
  alias,
  type,
  canon,
  start,
  import,
  export_,
  value,
  core_import,  // in module types
  core_export,  // in module types
};

struct Definition {
  DefinitionKind kind = DefinitionKind::type;
  union {
    const CoreModule* core_module;
    const CoreInstance* core_instance;
    const CoreType* core_type;
    const ComponentBody* component;
    const Instance* instance;
    const Alias* alias;
    const Type* type = nullptr;
    const Canon* canon;
    const Start* start;
    const Import* import;
    const Export* export_;
    const Value* value;
    const core::Import* core_import;
    const CoreExportDecl* core_export;
  };
  std::uint64_t offset = 0;  // in the outermost input
};

enum class SectionId : std::uint8_t {
#define TENON_COMPONENT_SECTION(name, id, title, feature) name = id,
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
};

// As it stood in the input, or a new one (`raw` empty). `definitions` counts those that it holds: the sections of a
// body share out its definitions in their order. Who inserts or removes a definition corrects the count and sets
// `changed`. What no section accounts for is written behind them, each run of one kind as one section; so a component
// that was built needs entries for its custom sections only, and for what stands before them.
struct Section {
  SectionId id = SectionId::custom;
  bool changed = false;
  std::uint32_t definitions = 0;
  std::string_view name;  // custom sections
  Bytes payload;          // after id and size; for custom sections, after the name
  Bytes raw;
  std::uint64_t offset = 0;  // of `payload`
};

struct ComponentBody {
  ArenaVector<Definition> definitions;
  ArenaVector<Section> sections;
  std::uint64_t offset = 0;  // of the component in the outermost input
  std::uint64_t size = 0;    // bytes; 0 when not read from bytes
};

// The outermost component, which owns everything inside. Borrows from the input it was read from.
struct Component {
  explicit Component(std::pmr::memory_resource& memory) : arena(memory) {}
  Arena arena;
  ComponentBody body;
};

// The component name section: a name for the component and for entries of its index spaces.
struct SortName {
  SortIdx item;
  std::string_view name;
};
struct Names {
  std::optional<std::string_view> component;
  ArenaVector<SortName> items;
};

}  // namespace tenon::component
