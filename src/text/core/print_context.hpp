// What every part of the printer needs to know: the module, the options, and the identifiers of all index spaces.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "model/core/module.hpp"
#include "model/core/names.hpp"
#include "text/core/print_identifiers.hpp"
#include "text/core/print_output.hpp"
#include "text/core/text.hpp"

namespace tenon::core {

struct PrintContext {
  PrintContext(const Module& printed, const PrintOptions& print_options);
  PrintContext(const PrintContext&) = delete;
  PrintContext& operator=(const PrintContext&) = delete;

  const Module& module;
  const PrintOptions& options;
  std::pmr::memory_resource& memory;
  Arena arena;                 // text of identifiers
  std::optional<Names> names;  // when wanted, there and sound

  Identifiers types;
  Identifiers funcs;
  Identifiers tables;
  Identifiers memories;
  Identifiers globals;
  Identifiers tags;
  Identifiers elems;
  Identifiers datas;

  const Identifiers& identifiers(ExternKind kind) const noexcept;
  // The fields' identifiers of a type; empty ones if they have no names.
  const Identifiers& fields(std::uint32_t type) const noexcept;
  // The function type, or nullptr if there is no such type or it is another kind of type.
  const FuncType* func_type(TypeIdx type) const noexcept;

 private:
  struct TypeFields {
    std::uint32_t type;
    Identifiers identifiers;
  };
  std::pmr::vector<TypeFields> fields_;  // sorted by type
  Identifiers no_fields_;
};

// Columns of the comment before a line that says its offset in the binary: `(;@12ab56;) `.
inline constexpr std::size_t offset_columns = 14;

// Indentation stops growing here: text nested to its limit would otherwise have a size that grows with its square.
inline constexpr std::size_t max_indent_columns = 80;

// Starts a line at `depth`. With the option --offsets, the line begins with `offset`, or as many blanks if it has none.
void put_line(TextOutput& out, const PrintOptions& options, std::size_t depth,
              std::uint64_t offset = ErrorPlace::no_offset);

// A use of an entity, with a blank before it: ` $name`, or ` 5`.
void put_use(TextOutput& out, const Identifiers& identifiers, std::uint32_t index);
// A definition: ` $name`, or ` (;5;)`, and the name's annotation where the identifier does not say it.
void put_definition(TextOutput& out, const Identifiers& identifiers, std::uint32_t index);
// ` (@own-name "...")`, or ` (@own-name)` for a name section that says none.
void put_own_name(TextOutput& out, std::string_view name);
// ` (@name "...")`.
void put_name_annotation(TextOutput& out, std::string_view name);

}  // namespace tenon::core
