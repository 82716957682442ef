// Core types in components, and the types of core modules, with the pieces of the printer of core modules.
#include "text/component/print.hpp"
#include "text/core/print_strings.hpp"
#include "text/core/print_types.hpp"

namespace tenon::component {

PrintScope::CoreTypes& ComponentPrinter::core_types() {
  std::optional<PrintScope::CoreTypes>& types = scope().core_types;
  if (!types) types.emplace(memory_, core_options_);
  return *types;
}

void ComponentPrinter::add_core_type(const core::SubType& type) {
  PrintScope::CoreTypes& types = core_types();
  types.module.types.push_back(types.module.arena, type);
}

// `opening` and the identifier, then the type.
void ComponentPrinter::core_definition(const core::SubType& type, std::string_view opening) {
  const std::uint32_t index = scope().counts[static_cast<std::size_t>(Sort::core_type)];
  out_->put(opening);
  define(Sort::core_type);
  out_->put(' ');
  add_core_type(type);
  core::put_sub_type(*out_, core_types().context, type, index);
}

// A recursive group, or the one type of an implicit one.
void ComponentPrinter::core_group(const CoreType& type, std::string_view opening, bool in_module_type) {
  if (!type.group.is_explicit && type.types.size() == 1) return core_definition(type.types.front(), opening);
  out_->put(in_module_type ? "rec" : "core rec");
  ++depth_;
  for (const core::SubType& member : type.types) {
    line();
    core_definition(member, "(type");
    out_->put(')');
  }
  --depth_;
  if (!type.types.empty()) line();
}

void ComponentPrinter::core_type(const CoreType& type) {
  if (!type.is_module) return core_group(type, "core type", false);
  out_->put("core type");
  define(Sort::core_type);
  add_core_type({});
  out_->put(" (module");
  module_type(type);
  out_->put(')');
}

void ComponentPrinter::module_type(const CoreType& type) {
  scopes_.emplace_back(memory_);
  ++depth_;
  for (const Definition& each : type.declarations) {
    line(each.offset);
    out_->put('(');
    module_declaration(each);
    out_->put(')');
  }
  --depth_;
  if (!type.declarations.empty()) line();
  scopes_.pop_back();
}

void ComponentPrinter::module_declaration(const Definition& declaration) {
  switch (declaration.kind) {
    case DefinitionKind::core_type: return core_group(*declaration.core_type, "type", true);
    case DefinitionKind::alias:
      out_->put("alias");
      outer_use(*declaration.alias);
      out_->put(" (type");
      add_core_type({});
      define(Sort::core_type);
      return out_->put(')');
    case DefinitionKind::core_import:
      out_->put("import ");
      string(declaration.core_import->module);
      out_->put(' ');
      string(declaration.core_import->name);
      return core_extern(declaration.core_import->type);
    case DefinitionKind::core_export:
      out_->put("export ");
      string(declaration.core_export->name);
      return core_extern(declaration.core_export->type);
    default: return;  // nothing else can be declared
  }
}

void ComponentPrinter::core_extern(const core::ExternType& type) {
  const core::PrintContext& context = core_types().context;
  out_->put(" (");
  out_->put(to_string(type.kind));
  switch (type.kind) {
    case core::ExternKind::func: core::put_type_use(*out_, context, type.func); break;
    case core::ExternKind::table: core::put_table_type(*out_, context, type.table); break;
    case core::ExternKind::memory: core::put_memory_type(*out_, type.memory); break;
    case core::ExternKind::global: core::put_global_type(*out_, context, type.global); break;
    case core::ExternKind::tag: core::put_type_use(*out_, context, type.tag.type); break;
  }
  out_->put(')');
}

}  // namespace tenon::component
