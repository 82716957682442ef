#include "wit/select.hpp"

#include <vector>

#include "base/concat.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

namespace {

std::string_view version_text(const PackageName& package) {
  return package.version == nullptr ? std::string_view{} : package.version->text;
}

std::string world_list(const Resolve& resolve, PackageIdx package) {
  std::string result;
  for (const WorldIdx index : resolve.packages[package].worlds) {
    result += result.empty() ? "`" : ", `";
    result.append(resolve.worlds[index].name).append(1, '`');
  }
  return result.empty() ? "none" : result;
}

Result<WorldIdx> in_package(const Resolve& resolve, PackageIdx package, std::string_view name) {
  const WorldIdx found = resolve.find_world(package, name);
  if (!found.is_none()) return found;
  std::vector<std::string_view> known;
  for (const WorldIdx index : resolve.packages[package].worlds) known.push_back(resolve.worlds[index].name);
  const std::string_view nearest = nearest_name(name, known);
  return fail(ErrorKind::usage, {}, "package `", to_string(resolve.packages[package].name), "` has no world `", name,
              "`", nearest.empty() ? "; it has " : ", did you mean `",
              nearest.empty() ? world_list(resolve, package) : std::string(nearest) + "`?");
}

}  // namespace

Result<WorldIdx> select_world(const Resolve& resolve, std::string_view name) {
  if (name.empty()) {
    const ArenaVector<WorldIdx>& worlds = resolve.packages[resolve.main].worlds;
    if (worlds.size() == 1) return worlds[0];
    return fail(ErrorKind::usage, {}, "expected the name of a world, since package `",
                to_string(resolve.packages[resolve.main].name), "` has not just one; it has ",
                world_list(resolve, resolve.main));
  }
  QualifiedName wanted;
  if (!parse_qualified_name(name, wanted)) return in_package(resolve, resolve.main, name);
  PackageIdx found;
  for (std::uint32_t i = 0; i < resolve.packages.size(); ++i) {
    const PackageName& package = resolve.packages[PackageIdx(i)].name;
    if (package.namespace_ != wanted.namespace_ || package.name != wanted.package) continue;
    if (!wanted.version.empty() && version_text(package) != wanted.version) continue;
    if (!found.is_none()) {
      return fail(ErrorKind::usage, {}, "expected a version with `", name, "`: there are several of this package");
    }
    found = PackageIdx(i);
  }
  if (found.is_none()) return fail(ErrorKind::usage, {}, "there is no package for the world `", name, "`");
  return in_package(resolve, found, wanted.item);
}

std::string file_name(const Resolve& resolve, PackageIdx package) {
  const PackageName& name = resolve.packages[package].name;
  bool has_namesake = false;       // in another namespace
  bool has_other_version = false;  // in this one
  for (std::uint32_t i = 0; i < resolve.packages.size(); ++i) {
    const PackageName& other = resolve.packages[PackageIdx(i)].name;
    if (PackageIdx(i) == package || other.name != name.name) continue;
    (other.namespace_ == name.namespace_ ? has_other_version : has_namesake) = true;
  }
  std::string stem;
  if (has_namesake) stem.append(name.namespace_).append(1, ':');
  stem += name.name;
  if (has_other_version && name.version != nullptr) stem.append(1, '@').append(name.version->text);
  for (char& c : stem) {
    if (c == '/') c = '_';  // of nested names
  }
  return (package == resolve.main ? "" : "deps/") + stem + ".wit";
}

}  // namespace tenon::wit
