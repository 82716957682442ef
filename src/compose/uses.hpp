// What the imports and exports of a core module mean to the component around it, told from their names.
//
// Two schemes of names are in use: the one that all bindings generators write (`ns:pkg/iface` and `func`, with
// intrinsics in brackets), and the later standard one (`cm32p2|ns:pkg/iface@1.2`).
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#standard-core-module-names
#pragma once

#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compose/flat.hpp"
#include "compose/join.hpp"
#include "model/component/component.hpp"
#include "model/core/module.hpp"
#include "spec/canon.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

enum class ImportKind : std::uint8_t {
  function,          // of an imported interface, or of the world: `canon lower`
  resource_drop,     // of an imported resource
  resource_builtin,  // drop, new or rep of an exported resource: `op`
  task_return,
  payload,         // an operation on a stream or future
  builtin,         // another canonical built-in
  adapter_export,  // a function of an adapter
  main_export,     // anything of the main module
  memory,          // the main module's memory, or the memory that it wants
};

struct ImportUse {
  ImportKind kind = ImportKind::builtin;
  const core::Import* import = nullptr;
  std::string_view name;                    // the import's, before two of one name were told apart
  const wit::WorldItem* item = nullptr;     // function, resource_drop: the world's import
  const wit::Function* function = nullptr;  // function, task_return, payload
  bool is_of_export = false;                // payload, task_return: of an exported function
  wit::InterfaceIdx interface;              // whose function or resource it is; none for the world's
  wit::TypeIdx type;                        // resources; payload: the stream or future, none for those of nothing
  CanonOp op{};                             // resource_builtin, payload, builtin
  bool flag = false;                        // async, or cancellable
  std::uint32_t slot = 0;                   // context.get and set
  component::StringEncoding encoding{};     // of error contexts
  std::size_t adapter = 0;                  // adapter_export
};

enum class ExportKind : std::uint8_t { function, post_return, callback, destructor };

struct ExportUse {
  ExportKind kind = ExportKind::function;
  const core::Export* export_ = nullptr;
  const JoinedExport* item = nullptr;
  const wit::Function* function = nullptr;
  FlatContext context = FlatContext::export_;  // function
  wit::TypeIdx resource;                       // destructor
};

struct ModuleUses {
  std::vector<ImportUse> imports;
  std::vector<ExportUse> exports;
  std::string_view memory;           // names of exports; empty when there is none
  std::string_view realloc;          // for everything
  std::string_view import_realloc;   // for what imports return
  std::string_view export_realloc;   // for what exports take
  std::string_view adapter_realloc;  // for an adapter's own use
  std::string_view initialize;
  std::string_view function_table;
  const core::MemoryType* imported_memory = nullptr;

  std::string_view realloc_of_imports() const { return import_realloc.empty() ? realloc : import_realloc; }
  std::string_view realloc_of_exports() const { return export_realloc.empty() ? realloc : export_realloc; }
  std::string_view realloc_for_adapters() const { return adapter_realloc.empty() ? realloc : adapter_realloc; }
  const ExportUse* find(ExportKind kind, const JoinedExport& item, const wit::Function& function) const;
};

struct UseContext {
  const JoinedWorld& world;
  const FlatTypes& types;
  std::span<const std::string_view> adapters;  // their names
  std::size_t module = 0;                      // whose uses these are
  bool is_main = false;
};

// Errors: invalid, for an import that nothing answers to, a function of another type than its WIT says, or an export of
// the world that is missing.
Result<ModuleUses> find_uses(const core::Module& module, const UseContext& context);

}  // namespace tenon::compose
