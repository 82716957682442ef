// The printer's state while it goes through a module's sections; `print_module` of text.hpp is the way in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/core/print_code.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_fold.hpp"
#include "text/core/print_hints.hpp"
#include "text/core/print_output.hpp"

namespace tenon::core {

class ModulePrinter {
 public:
  ModulePrinter(const Module& module, std::string& out, const PrintOptions& options);
  Result<void> print();
  // Of a module in a component, behind `(core module $name`: its fields. Where the module's own name section says
  // another name than the component's does, `(@own-name ...)` says it.
  Result<void> print_inside(std::string_view name);

 private:
  Result<void> sections();
  bool is_printed(SectionId id) const noexcept;
  void module_name(std::string_view name);
  Result<void> fields(SectionId id);
  void custom(const Section& section, const Section* last_known);
  void types();
  void imports();
  Result<void> table(TableIdx index);
  Result<void> memory(MemoryIdx index);
  Result<void> tag(TagIdx index);
  Result<void> global(GlobalIdx index);
  void exports();
  void start();
  Result<void> elem(ElemIdx index);
  Result<void> elem_items(const Elem& elem, bool has_expressions);
  Result<void> func(FuncIdx index);
  Result<void> data(DataIdx index);

  void begin_field(std::string_view keyword, const Identifiers& identifiers, std::uint32_t index,
                   std::uint64_t offset = ErrorPlace::no_offset);
  Result<void> expression(const Expr& expr, std::string_view wrapper);
  void func_signature(FuncIdx index, TypeIdx type, std::uint32_t local_count);
  void local(std::string_view opening, ValType type);
  void close_locals();
  void local_declarations(std::uint32_t param_count);
  Error in_function(Error error, FuncIdx index) const;
  Result<void> check_size() const;

  const Module& module_;
  const PrintOptions& options_;
  PrintContext context_;
  TextOutput out_;
  BranchHints hints_;
  Arena scratch_;  // of the function that is being printed
  CodeReader code_;
  Folder folder_;
  std::pmr::vector<LocalRun> local_runs_;
  const Section* name_section_ = nullptr;  // that became identifiers
  bool is_behind_names_ = false;
  bool is_list_open_ = false;      // a list of unnamed parameters or locals
  bool is_line_begun_ = false;     // nothing stands in the line but its indentation
  std::uint32_t local_index_ = 0;  // the next parameter or local
};

}  // namespace tenon::core
