// The printer's state while it goes through a component's definitions; `print_component` of text.hpp is the way in.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

#include "binary/component/component.hpp"
#include "model/component/component.hpp"
#include "text/component/text.hpp"
#include "text/core/print_context.hpp"
#include "text/core/print_output.hpp"

namespace tenon::component {

// A component, or the type of a component, an instance or a core module, as far as it is printed.
struct PrintScope {
  explicit PrintScope(std::pmr::memory_resource& memory);

  std::array<core::Identifiers, static_cast<std::size_t>(Sort::instance) + 1> identifiers;  // of components only
  std::array<std::uint32_t, static_cast<std::size_t>(Sort::instance) + 1> counts{};
  Names names;

  // The core types so far, for the printer of core types; those that are aliases or module types are empty.
  struct CoreTypes {
    CoreTypes(std::pmr::memory_resource& memory, const core::PrintOptions& options)
        : module(memory), context(module, options) {}
    core::Module module;
    core::PrintContext context;
  };
  std::optional<CoreTypes> core_types;
};

// Text that can be parsed, or a listing: with a line for each section, and core modules disassembled.
enum class PrintForm : std::uint8_t { text, listing };

class ComponentPrinter {
 public:
  ComponentPrinter(std::pmr::memory_resource& memory, std::string& out, const PrintOptions& options,
                   PrintForm form = PrintForm::text);
  Result<void> print(const ComponentBody& component);

 private:
  // Components and what stands in them (print.cpp).
  void body(const ComponentBody& component, std::string_view name);
  void name_scope(const ComponentBody& component);
  void custom(const Section& section);
  void section_title(const Section& section);
  void definition(const Definition& definition);
  void core_module(const CoreModule& module);
  void component(const ComponentBody& component);
  void core_instance(const CoreInstance& instance);
  void instance(const Instance& instance);
  void items(std::span<const NamedSortIdx> items, std::string_view word, bool of_core);
  void alias(const Alias& alias);
  void start(const Start& start);
  void import(const Import& import);
  void export_(const Export& item);
  void value(const Value& value);
  // Canonical definitions (print_canon.cpp).
  void canon(const Canon& canon);
  void canon_immediates(const Canon& canon);
  void canon_options(const CanonOptions& options);
  // Types (print_types.cpp).
  void type(const Type& type);
  void defined_type(const Type& type);
  void declarations(std::span<const Definition> declarations);
  void func_type(const FuncType& type);
  void resource_type(const ResourceType& type);
  void optional_type(std::optional<ValType> type);
  void labelled(std::string_view word, const Labelled& member);
  void extern_type(const ExternType& type, bool defines);
  void export_declaration(const Export& item);
  // Core types (print_core_types.cpp).
  void core_type(const CoreType& type);
  void core_definition(const core::SubType& type, std::string_view opening);
  void core_group(const CoreType& type, std::string_view opening, bool in_module_type);
  void module_type(const CoreType& type);
  void module_declaration(const Definition& declaration);
  void core_extern(const core::ExternType& type);
  void add_core_type(const core::SubType& type);
  PrintScope::CoreTypes& core_types();

  // Pieces.
  void line(std::uint64_t offset = ErrorPlace::no_offset);
  void string(std::string_view text);
  void define(Sort sort);                          // ` $name` or ` (;5;)`, and counts it
  void use(Sort sort, std::uint32_t index);        // ` $name` or ` 5`
  void reference(Sort sort, std::uint32_t index);  // ` (core func $name)`
  void outer_use(const Alias& alias);
  void extern_name(const ExternName& name);
  // What the names of the innermost component call an item; empty if nothing.
  std::string_view name_of(Sort sort, std::uint32_t index) const noexcept;
  PrintScope& scope() noexcept { return scopes_.back(); }
  void fail_with(Error error);

  std::pmr::memory_resource& memory_;
  Arena arena_;  // text of identifiers
  std::string& target_;
  PrintOptions options_;
  PrintForm form_;
  core::PrintOptions core_options_;
  std::optional<core::TextOutput> out_;
  std::pmr::deque<PrintScope> scopes_;
  std::size_t depth_ = 0;  // of lines
  std::optional<Error> error_;
};

}  // namespace tenon::component
