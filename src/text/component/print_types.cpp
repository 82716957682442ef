// Types of components as the text format writes them.
#include "text/core/print_types.hpp"

#include "text/component/print.hpp"

namespace tenon::component {

void ComponentPrinter::type(const Type& type) {
  out_->put("type");
  // A type may hold itself: what is inside counts before it.
  const std::uint32_t index = scope().counts[static_cast<std::size_t>(Sort::type)];
  core::put_definition(*out_, scope().identifiers[static_cast<std::size_t>(Sort::type)], index);
  out_->put(' ');
  defined_type(type);
  ++scope().counts[static_cast<std::size_t>(Sort::type)];
}

void ComponentPrinter::defined_type(const Type& type) {
  if (type.kind == TypeKind::primitive) return out_->put(keyword_of(type.primitive));
  out_->put('(');
  out_->put(keyword_of(type.kind));
  const auto put_types = [&](std::optional<ValType> first, std::optional<ValType> second) {
    optional_type(first);
    optional_type(second);
  };
  switch (type.kind) {
    case TypeKind::primitive: break;
    case TypeKind::record:
      for (const Labelled& field : type.fields) labelled("field", field);
      break;
    case TypeKind::variant:
      for (const Labelled& field : type.fields) labelled("case", field);
      break;
    case TypeKind::tuple:
      for (const ValType member : type.types) optional_type(member);
      break;
    case TypeKind::flags:
    case TypeKind::enum_:
      for (const std::string_view label : type.labels) {
        out_->put(' ');
        string(label);
      }
      break;
    case TypeKind::own:
    case TypeKind::borrow: use(Sort::type, type.resource.value); break;
    case TypeKind::fixed_length_list:
      optional_type(type.element);
      out_->put(' ');
      out_->put_number(type.length);
      break;
    case TypeKind::map: put_types(type.second, type.element); break;
    case TypeKind::list:
    case TypeKind::option:
    case TypeKind::stream:
    case TypeKind::future: optional_type(type.element); break;
    case TypeKind::result:
      optional_type(type.element);
      if (type.second) {
        out_->put(" (error");
        optional_type(type.second);
        out_->put(')');
      }
      break;
    case TypeKind::func: func_type(type.func); break;
    case TypeKind::component:
    case TypeKind::instance: declarations(type.declarations); break;
    case TypeKind::resource: resource_type(type.resource_type); break;
  }
  out_->put(')');
}

void ComponentPrinter::declarations(std::span<const Definition> declarations) {
  scopes_.emplace_back(memory_);
  ++depth_;
  for (const Definition& each : declarations) {
    if (each.kind == DefinitionKind::export_) {
      line(each.offset);
      export_declaration(*each.export_);
    } else {
      definition(each);
    }
  }
  --depth_;
  if (!declarations.empty()) line();
  scopes_.pop_back();
}

void ComponentPrinter::export_declaration(const Export& item) {
  out_->put("(export ");
  extern_name(item.name);
  if (item.type) extern_type(*item.type, true);
  out_->put(')');
}

void ComponentPrinter::func_type(const FuncType& type) {
  if (type.is_async) out_->put(" async");
  for (const Labelled& param : type.params) labelled("param", param);
  if (!type.result) return;
  out_->put(" (result");
  optional_type(type.result);
  out_->put(')');
}

void ComponentPrinter::resource_type(const ResourceType& type) {
  out_->put(" (rep ");
  core::put_val_type(*out_, core_types().context, type.rep);
  out_->put(')');
  if (!type.destructor) return;
  out_->put(" (dtor");
  reference(Sort::core_func, type.destructor->value);
  out_->put(')');
}

void ComponentPrinter::labelled(std::string_view word, const Labelled& member) {
  out_->put(" (");
  out_->put(word);
  out_->put(' ');
  string(member.label);
  optional_type(member.type);
  out_->put(')');
}

void ComponentPrinter::optional_type(std::optional<ValType> type) {
  if (!type) return;
  if (!type->is_primitive()) return use(Sort::type, type->index().value);
  out_->put(' ');
  out_->put(keyword_of(type->primitive()));
}

// ` (func $f (type 3))`; the identifier only where the type stands for something that is defined by it.
void ComponentPrinter::extern_type(const ExternType& type, bool defines) {
  out_->put(" (");
  out_->put(to_string(type.sort));
  // What it refers to lies before it.
  const std::size_t place = static_cast<std::size_t>(type.sort);
  const std::uint32_t index = scope().counts[place];
  if (defines) core::put_definition(*out_, scope().identifiers[place], index);
  const auto put_eq = [&](Sort sort) {
    out_->put(" (eq");
    use(sort, type.index);
    out_->put(')');
  };
  if (type.sort == Sort::type) {
    if (type.type_bound == TypeBound::eq) {
      put_eq(Sort::type);
    } else {
      out_->put(" (sub resource)");
    }
  } else if (type.sort == Sort::value) {
    if (type.value_bound == ValueBound::eq) {
      put_eq(Sort::value);
    } else {
      optional_type(type.value_type);
    }
  } else {
    out_->put(" (type");
    use(type.sort == Sort::core_module ? Sort::core_type : Sort::type, type.index);
    out_->put(')');
  }
  out_->put(')');
  if (defines) ++scope().counts[place];
}

}  // namespace tenon::component
