// The printer of components: one definition a line, in the order of the binary.
//
// The text follows the binary closely, so that parsing it gives the same component: nothing is abbreviated, types are
// referred to by index or identifier, and custom sections are annotations that stand where the sections stand.
// Component name sections become identifiers. Core modules are read and printed by the printer for core modules.
//
// A module or component inside may have two names, that of the component around it and that of its own name section;
// the text has a place for one. Where they differ, the annotation `(@own-name ...)` says the second, and where the
// component name section stands before other sections, `(@names)` says where. Other tools pass over both.
//
// Limits: what the text format has no words for is lost, that is, non-minimal LEBs, lists of one kind that are split
// into several sections, and the old form of names; and of an option given twice (which is invalid) the first value.
#include "text/component/print.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "binary/core/module.hpp"
#include "text/component/list.hpp"
#include "text/core/list.hpp"
#include "text/core/print.hpp"
#include "text/core/print_strings.hpp"

namespace tenon::component {

namespace {

constexpr std::size_t place_of(Sort sort) noexcept { return static_cast<std::size_t>(sort); }

template <std::size_t... sorts>
auto make_identifiers(std::pmr::memory_resource& memory, std::index_sequence<sorts...> /*all*/) {
  return std::array{((void)sorts, core::Identifiers(memory))...};
}

std::string_view core_word(Sort sort) noexcept { return to_string(sort).substr(std::string_view("core ").size()); }

constexpr std::string_view section_titles[] = {
#define TENON_COMPONENT_SECTION(name, id, title, feature) title,
#include "spec/component_sections.def"
#undef TENON_COMPONENT_SECTION
};

struct AttributeText {
  std::string_view text;
  std::optional<std::string_view> ExternName::* value;
};
// By the attribute's code.
constexpr AttributeText attribute_texts[] = {
    {"implements", &ExternName::implements},
    {"versionsuffix", &ExternName::version_suffix},
    {"external-id", &ExternName::external_id},
};

// The sorts of the items that a definition adds, and how many.
struct Added {
  Sort sort = Sort::func;
  std::uint32_t count = 1;
};
Added added_by(const Definition& definition) noexcept {
  switch (definition.kind) {
    case DefinitionKind::core_module: return {Sort::core_module};
    case DefinitionKind::core_instance: return {Sort::core_instance};
    case DefinitionKind::core_type:
      return {Sort::core_type,
              definition.core_type->is_module ? 1 : static_cast<std::uint32_t>(definition.core_type->types.size())};
    case DefinitionKind::component: return {Sort::component};
    case DefinitionKind::instance: return {Sort::instance};
    case DefinitionKind::alias: return {definition.alias->sort};
    case DefinitionKind::type: return {Sort::type};
    case DefinitionKind::canon: return {definition.canon->op == CanonOp::lift ? Sort::func : Sort::core_func};
    case DefinitionKind::start: return {Sort::value, definition.start->results};
    case DefinitionKind::import: return {definition.import->type.sort};
    case DefinitionKind::export_: return {definition.export_->item.sort};
    case DefinitionKind::value: return {Sort::value};
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: break;
  }
  return {Sort::core_func, 0};
}

}  // namespace

PrintScope::PrintScope(std::pmr::memory_resource& memory)
    : identifiers(make_identifiers(memory, std::make_index_sequence<place_of(Sort::instance) + 1>())) {}

ComponentPrinter::ComponentPrinter(std::pmr::memory_resource& memory, std::string& out, const PrintOptions& options,
                                   PrintForm form)
    : memory_(memory),
      arena_(memory),
      target_(out),
      options_(options),
      form_(form),
      core_options_{.fold = options.fold,
                    .skeleton = options.skeleton,
                    .offsets = options.offsets,
                    .names = options.names,
                    .indent = options.indent},
      scopes_(&memory) {
  out_.emplace(target_);
}

Result<void> ComponentPrinter::print(const ComponentBody& component) {
  out_->put("(component");
  body(component, {});
  out_->put(")\n");
  out_.reset();
  if (error_) return std::move(*error_);
  return {};
}

// Identifiers from the component's names.
void ComponentPrinter::name_scope(const ComponentBody& component) {
  if (!options_.names) return;
  Result<Names> names = read_component_names(component, arena_);
  if (!names) return;  // the section is printed as bytes then
  PrintScope& named = scope();
  named.names = *names;
  // Some tools write the names of a sort more than once: the first name of an item counts.
  std::ranges::sort(named.names.items, {},
                    [](const SortName& each) { return std::tuple(each.item.sort, each.item.index, each.name.data()); });
  std::array<core::NameMap, place_of(Sort::instance) + 1> maps;
  for (const SortName& each : named.names.items) {
    core::NameMap& map = maps[place_of(each.item.sort)];
    if (!map.empty() && map.back().index == each.item.index) continue;
    map.push_back(arena_, {.index = each.item.index, .name = each.name});
  }
  std::array<std::uint32_t, place_of(Sort::instance) + 1> counts{};
  for (const Definition& definition : component.definitions) {
    const Added added = added_by(definition);
    counts[place_of(added.sort)] += added.count;
  }
  for (std::size_t i = 0; i < maps.size(); ++i) named.identifiers[i].assign(maps[i], counts[i], arena_);
}

void ComponentPrinter::body(const ComponentBody& component, std::string_view name) {
  scopes_.emplace_back(memory_);
  name_scope(component);
  const std::string_view own = scope().names.component.value_or("");
  if (scopes_.size() > 1) {
    if (own != name) core::put_own_name(*out_, own);
  } else if (!own.empty()) {
    const std::string_view text = core::identifier_text(own, arena_);
    if (text.empty()) {
      core::put_name_annotation(*out_, own);
    } else {
      out_->put(" $");
      out_->put(text);
    }
  }
  const std::size_t begin = out_->size();
  ++depth_;
  std::span<const Definition> rest = component.definitions;
  const bool has_names = scope().names.component || !scope().names.items.empty();
  bool is_behind_names = false;
  for (const Section& section : component.sections) {
    if (error_) return;
    const auto held = rest.first(std::min<std::size_t>(section.definitions, rest.size()));
    rest = rest.subspan(held.size());
    if (form_ == PrintForm::listing) section_title(section);
    for (const Definition& each : held) definition(each);
    if (section.id != SectionId::custom) continue;
    const bool is_names = section.name == name_section_name && !is_behind_names;
    if (!is_names || (options_.names && !has_names)) {
      custom(section);
      continue;
    }
    is_behind_names = true;
    const bool is_last = &section + 1 == component.sections.end() && rest.empty();
    if (is_last || !options_.names) continue;
    line();
    out_->put("(@names)");
  }
  for (const Definition& each : rest) definition(each);
  --depth_;
  if (out_->size() != begin) line();
  scopes_.pop_back();
}

void ComponentPrinter::section_title(const Section& section) {
  line(section.offset);
  out_->put("section ");
  out_->put(section_titles[static_cast<std::size_t>(section.id)]);
  if (section.id == SectionId::custom) {
    out_->put(' ');
    string(section.name);
  } else {
    out_->put(": ");
    out_->put_number(section.definitions);
    out_->put(section.definitions == 1 ? " entry" : " entries");
  }
  out_->put(", ");
  out_->put_number(section.payload.size());
  out_->put(" bytes");
}

void ComponentPrinter::custom(const Section& section) {
  if (form_ == PrintForm::listing) return;  // the title says it all
  line(section.offset);
  out_->put("(@custom ");
  string(section.name);
  if (options_.skeleton) {
    out_->put(" ...");
  } else {
    core::put_byte_strings(*out_, core_options_, section.payload, depth_ + 1);
  }
  out_->put(')');
}

void ComponentPrinter::definition(const Definition& definition) {
  if (error_) return;
  line(definition.offset);
  out_->put('(');
  switch (definition.kind) {
    case DefinitionKind::core_module: core_module(*definition.core_module); break;
    case DefinitionKind::core_instance: core_instance(*definition.core_instance); break;
    case DefinitionKind::core_type: core_type(*definition.core_type); break;
    case DefinitionKind::component: component(*definition.component); break;
    case DefinitionKind::instance: instance(*definition.instance); break;
    case DefinitionKind::alias: alias(*definition.alias); break;
    case DefinitionKind::type: type(*definition.type); break;
    case DefinitionKind::canon: canon(*definition.canon); break;
    case DefinitionKind::start: start(*definition.start); break;
    case DefinitionKind::import: import(*definition.import); break;
    case DefinitionKind::export_: export_(*definition.export_); break;
    case DefinitionKind::value: value(*definition.value); break;
    case DefinitionKind::core_import:
    case DefinitionKind::core_export: break;  // in module types only
  }
  out_->put(')');
  if (out_->size() > limits::max_text_size) {
    fail_with(fail(ErrorKind::exhausted, {}, "the text is longer than ", limits::max_text_size, " bytes"));
  }
}

void ComponentPrinter::core_module(const CoreModule& module) {
  const std::uint32_t index = scope().counts[place_of(Sort::core_module)];
  out_->put("core module");
  define(Sort::core_module);
  Result<core::Module> read =
      core::read_module(module.bytes, memory_, {.features = options_.features, .base_offset = module.offset});
  if (!read) return fail_with(std::move(read).error());
  core::PrintOptions inside = core_options_;
  inside.depth = static_cast<unsigned>(depth_);
  const std::string_view name = name_of(Sort::core_module, index);
  out_.reset();  // the string is the other printer's for a while
  Result<void> done;
  if (form_ == PrintForm::listing) {
    target_ += "\n";
    core::list_disassembly(*read, target_);
  } else {
    done = core::ModulePrinter(*read, target_, inside).print_inside(name);
  }
  out_.emplace(target_);
  if (!done) fail_with(std::move(done).error());
}

void ComponentPrinter::component(const ComponentBody& component) {
  const std::uint32_t index = scope().counts[place_of(Sort::component)];
  out_->put("component");
  define(Sort::component);
  body(component, name_of(Sort::component, index));
}

void ComponentPrinter::items(std::span<const NamedSortIdx> items, std::string_view word, bool of_core) {
  ++depth_;
  for (const NamedSortIdx& item : items) {
    line();
    out_->put('(');
    out_->put(word);
    out_->put(' ');
    extern_name(item.name);
    if (of_core) {
      out_->put(" (");
      out_->put(core_word(item.item.sort));
      use(item.item.sort, item.item.index);
      out_->put(')');
    } else {
      reference(item.item.sort, item.item.index);
    }
    out_->put(')');
  }
  --depth_;
  if (!items.empty()) line();
}

void ComponentPrinter::core_instance(const CoreInstance& instance) {
  out_->put("core instance");
  define(Sort::core_instance);
  if (!instance.module) return items(instance.items, "export", true);
  out_->put(" (instantiate");
  use(Sort::core_module, instance.module->value);
  items(instance.items, "with", true);
  out_->put(')');
}

void ComponentPrinter::instance(const Instance& instance) {
  out_->put("instance");
  define(Sort::instance);
  if (!instance.component) return items(instance.items, "export", false);
  out_->put(" (instantiate");
  use(Sort::component, instance.component->value);
  items(instance.items, "with", false);
  out_->put(')');
}

void ComponentPrinter::alias(const Alias& alias) {
  out_->put("alias");
  switch (alias.kind) {
    case AliasKind::export_:
      out_->put(" export");
      use(Sort::instance, alias.instance);
      break;
    case AliasKind::core_export:
      out_->put(" core export");
      use(Sort::core_instance, alias.instance);
      break;
    case AliasKind::outer: outer_use(alias); break;
  }
  out_->put(' ');
  if (alias.kind != AliasKind::outer) {
    string(alias.name);
    out_->put(' ');
  }
  out_->put('(');
  out_->put(to_string(alias.sort));
  if (alias.sort == Sort::core_type) add_core_type({});
  define(alias.sort);
  out_->put(')');
}

void ComponentPrinter::start(const Start& start) {
  out_->put("start");
  use(Sort::func, start.func.value);
  for (const ValueIdx value : start.arguments) reference(Sort::value, value.value);
  for (std::uint32_t i = 0; i < start.results && !error_; ++i) {
    out_->put(" (result (value");
    define(Sort::value);
    out_->put("))");
  }
}

void ComponentPrinter::import(const Import& import) {
  out_->put("import ");
  extern_name(import.name);
  extern_type(import.type, true);
}

void ComponentPrinter::export_(const Export& item) {
  out_->put("export");
  define(item.item.sort);
  out_->put(' ');
  extern_name(item.name);
  reference(item.item.sort, item.item.index);
  if (item.type) extern_type(*item.type, false);
}

void ComponentPrinter::value(const Value& value) {
  const bool is_named = !scope().identifiers[place_of(Sort::value)].text(scope().counts[place_of(Sort::value)]).empty();
  out_->put("value");
  define(Sort::value);
  // The identifier of a type, where no other one stands before it, would be read as that of the value.
  if (is_named || value.type.is_primitive()) {
    optional_type(value.type);
  } else {
    out_->put(' ');
    out_->put_number(value.type.index().value);
  }
  out_->put(" (binary");
  core::put_byte_strings(*out_, core_options_, value.bytes, depth_ + 1);
  out_->put(')');
}

void ComponentPrinter::line(std::uint64_t offset) { core::put_line(*out_, core_options_, depth_, offset); }

void ComponentPrinter::string(std::string_view text) { core::put_name_string(*out_, text); }

std::string_view ComponentPrinter::name_of(Sort sort, std::uint32_t index) const noexcept {
  const auto& items = scopes_.back().names.items;
  const auto key = [](const SortName& each) { return std::pair(each.item.sort, each.item.index); };
  const auto* const found = std::ranges::lower_bound(items, std::pair(sort, index), {}, key);
  return found == items.end() || key(*found) != std::pair(sort, index) ? std::string_view{} : found->name;
}

void ComponentPrinter::define(Sort sort) {
  std::uint32_t& count = scope().counts[place_of(sort)];
  core::put_definition(*out_, scope().identifiers[place_of(sort)], count++);
}

void ComponentPrinter::use(Sort sort, std::uint32_t index) {
  if (index < scope().counts[place_of(sort)]) {
    return core::put_use(*out_, scope().identifiers[place_of(sort)], index);
  }
  out_->put(' ');  // not defined yet: its identifier would not be found
  out_->put_number(index);
}

void ComponentPrinter::reference(Sort sort, std::uint32_t index) {
  out_->put(" (");
  out_->put(to_string(sort));
  use(sort, index);
  out_->put(')');
}

void ComponentPrinter::outer_use(const Alias& alias) {
  out_->put(" outer ");
  out_->put_number(alias.count);
  if (alias.count < scopes_.size()) {
    const PrintScope& target = scopes_[scopes_.size() - 1 - alias.count];
    if (alias.index < target.counts[place_of(alias.sort)]) {
      return core::put_use(*out_, target.identifiers[place_of(alias.sort)], alias.index);
    }
  }
  out_->put(' ');
  out_->put_number(alias.index);
}

void ComponentPrinter::extern_name(const ExternName& name) {
  string(name.name);
  for (const NameAttribute given : name.given) {
    const AttributeText& attribute = attribute_texts[static_cast<std::size_t>(given)];
    out_->put(" (");
    out_->put(attribute.text);
    out_->put(' ');
    string((name.*attribute.value).value_or(""));
    out_->put(')');
  }
}

void ComponentPrinter::fail_with(Error error) {
  if (!error_) error_ = std::move(error);
}

std::size_t expected_text_size(const Component& component) {
  constexpr std::size_t characters_per_byte = 8;
  return std::min<std::size_t>(component.body.size * characters_per_byte, limits::max_text_size);
}

Result<void> list_disassembly(const Component& component, Features features, std::string& out) {
  const PrintOptions options{.features = features, .offsets = true};
  return ComponentPrinter(component.arena.upstream(), out, options, PrintForm::listing).print(component.body);
}

Result<void> print_component(const Component& component, std::string& out, const PrintOptions& options) {
  out.reserve(out.size() + expected_text_size(component));
  return ComponentPrinter(component.arena.upstream(), out, options).print(component.body);
}

}  // namespace tenon::component
