#include "compose/conform.hpp"

#include "base/concat.hpp"
#include "binary/component/component.hpp"
#include "compose/check.hpp"
#include "wit/component_builder.hpp"
#include "wit/encode.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

namespace {

using component::Sort;

constexpr std::string_view wanted_name = "wanted";
constexpr std::string_view made_up = "type mismatch for import `wanted`: ";  // before validation's explanation

component::ExternType of_component(component::TypeIdx type) {
  component::ExternType result;
  result.sort = Sort::component;
  result.index = type.value;
  return result;
}

// A component that imports one of the world's type and is given `candidate`. The place of an error in it is nobody's.
Result<void> check_fit(const wit::Resolve& resolve, wit::WorldIdx world, wit::ComponentBuilder& builder,
                       component::ComponentIdx candidate, component::Component& owner, Features features) {
  wit::ComponentBuilder checker(owner.arena);
  const component::TypeIdx type = wit::add_world_type(resolve, world, checker);
  checker.import(wit::extern_name(owner.arena, wanted_name), of_component(type));
  component::NamedSortIdx argument;
  argument.name.name = wanted_name;
  argument.item = {Sort::component, candidate.value};
  builder.instantiate(builder.nested(checker.body()), std::span(&argument, 1));
  owner.body = builder.body();
  auto valid = check_component(owner, features, false);
  if (valid) return {};
  const Error& error = valid.error();
  std::string_view message = error.message();
  if (message.starts_with(made_up)) message.remove_prefix(made_up.size());
  if (error.kind() != ErrorKind::invalid) return Error(error.kind(), error.message()).with_context(error.context());
  return Error(ErrorKind::unlinkable, message).with_context(error.context());
}

// The version that all compatible ones have in common, in place of the whole one.
void shorten_versions(wit::Resolve& resolve) {
  for (wit::Package& package : resolve.packages) {
    if (package.name.version == nullptr) continue;
    wit::Version shorter = *package.name.version;
    shorter.text = wit::compatibility_track(*package.name.version);
    package.name.version = resolve.arena.make<wit::Version>(shorter);
  }
}

std::string_view shortened(std::string_view name, Arena& arena) {
  const std::size_t at = name.find('@');
  wit::Version version;
  if (at == std::string_view::npos || !wit::parse_version(name.substr(at + 1), version).empty()) return name;
  const std::string shorter = std::string(name.substr(0, at + 1)) + std::string(wit::compatibility_track(version));
  return arena.copy(std::string_view(shorter));
}

void shorten_names(component::Component& component) {
  for (component::Definition& definition : component.body.definitions) {
    if (definition.kind == component::DefinitionKind::import) {
      component::Import import = *definition.import;
      import.name.name = shortened(import.name.name, component.arena);
      definition.import = component.arena.make<component::Import>(import);
    } else if (definition.kind == component::DefinitionKind::export_) {
      component::Export item = *definition.export_;
      item.name.name = shortened(item.name.name, component.arena);
      definition.export_ = component.arena.make<component::Export>(item);
    }
  }
}

}  // namespace

Result<void> check_targets(wit::Resolve& resolve, wit::WorldIdx world, Bytes bytes, const ConformOptions& options) {
  std::pmr::memory_resource& memory = resolve.arena.upstream();
  auto read = component::read_component(bytes, memory, {.features = options.features});
  if (!read) return std::move(read).error();
  if (auto valid = check_component(*read, options.features, true); !valid) return valid;
  if (options.matches_versions) {
    shorten_versions(resolve);
    shorten_names(*read);
  }
  component::Component owner(memory);
  wit::ComponentBuilder builder(owner.arena);
  const component::ComponentIdx candidate = builder.nested(read->body);
  return check_fit(resolve, world, builder, candidate, owner, options.features);
}

Result<void> check_semver(wit::Resolve& resolve, wit::WorldIdx previous, wit::WorldIdx next,
                          const ConformOptions& options) {
  for (wit::Package& package : resolve.packages) package.name.version = nullptr;
  const wit::PackageName& old_package = resolve.packages[resolve.worlds[previous].package].name;
  const wit::PackageName& new_package = resolve.packages[resolve.worlds[next].package].name;
  if (old_package != new_package) {
    return fail(ErrorKind::usage, {}, "expected two worlds of one package, found one of `", to_string(old_package),
                "` and one of `", to_string(new_package), "`");
  }
  component::Component owner(resolve.arena.upstream());
  wit::ComponentBuilder builder(owner.arena);
  component::ExternName name;
  name.name = "given";
  const component::TypeIdx type = wit::add_world_type(resolve, previous, builder);
  const component::ComponentIdx candidate(builder.import(name, of_component(type)));
  return check_fit(resolve, next, builder, candidate, owner, options.features);
}

}  // namespace tenon::compose
