// Interfaces and resources as tables, and how a linker gets them.
//
// A version's functions are of a type `Function` of its own, with a name, and `define_function` beside it says how one
// of them is defined. Functions find the host of the guest that calls through a `HostOf`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/component/host.hpp"

namespace tenon::wasi::inline bindings {

// Whose host the functions of a linker use: usually the same for all guests; a server sets it whenever it goes on with
// another guest.
template <class Host>
struct HostOf {
  std::shared_ptr<Host> host;
};

template <class Function>
struct Interface {
  const char* name;  // "wasi:io/streams"
  std::span<const Function> functions;
  const CommonFunctions* common = nullptr;
  const char* version = Function::newest_version;  // which serves every older one as well
};

// A resource, in the interface that defines it and in those that use it from there.
template <class Host>
struct Resource {
  const char* name;
  void (*drop)(Host& host, std::uint64_t rep);
  std::vector<const char*> interfaces;
  std::vector<const char*> further_names{};
  const char* version = Host::newest_version;
};

// Resources whose objects lie in one of the host's tables.
template <class Host, auto table>
void drop_from(Host& host, std::uint64_t rep) {
  (host.*table).drop(rep);
}
template <class Host>
void drop_nothing(Host&, std::uint64_t) {}

inline std::string versioned(std::string_view name, std::string_view version) {
  return std::string(name) + std::string(version);
}

// Which interfaces are to be defined: all, or those that a component imports.
class Wanted {
 public:
  Wanted() = default;
  explicit Wanted(const Component& component);
  // Of any version that the given one serves.
  bool operator()(std::string_view name, std::string_view version) const;

 private:
  bool is_all_ = true;
  std::set<std::string, std::less<>> names_{};  // with the version's first numbers: "wasi:io/poll@0.2"
};

// Errors: trap, when the guest may have nothing more of the host.
inline Result<void> check_room(const CommonHost& host) {
  if (host.live_objects <= most_objects) return {};
  return Error(ErrorKind::trap, "too many resources of the host in use");
}

template <class Host>
Result<void> define_common(Linker& linker, const std::shared_ptr<HostOf<Host>>& of, const std::string& instance,
                           CommonFunctions functions) {
  for (const CommonFunction& function : functions) {
    auto defined = linker.define_dynamic(instance, function.name, [of, run = function.run](Values values) -> Answer {
      const std::shared_ptr<Host> host = of->host;
      if (auto has_room = check_room(*host); !has_room) return std::move(has_room).error();
      return run(*host, values);
    });
    if (!defined) return defined;
  }
  return {};
}

template <class Function, class Host>
Result<void> define_interface(Linker& linker, const std::shared_ptr<HostOf<Host>>& of,
                              const Interface<Function>& interface, const Wanted& wanted) {
  if (!wanted(interface.name, interface.version)) return {};
  const std::string instance = versioned(interface.name, interface.version);
  for (const Function& function : interface.functions) {
    if (auto defined = define_function(linker, of, instance, function); !defined) return defined;
  }
  return interface.common == nullptr ? Result<void>() : define_common(linker, of, instance, *interface.common);
}

template <class Host>
Result<void> define_resource(Linker& linker, const std::shared_ptr<HostOf<Host>>& of, const Resource<Host>& resource,
                             const Wanted& wanted) {
  std::optional<HostResourceType> type;
  std::vector<const char*> names = resource.further_names;
  names.push_back(resource.name);
  for (const char* interface : resource.interfaces) {
    if (!wanted(interface, resource.version)) continue;
    if (!type) type.emplace(resource.name, [of, drop = resource.drop](std::uint64_t rep) { drop(*of->host, rep); });
    for (const char* name : names) {
      auto defined = linker.define_resource(versioned(interface, resource.version), name, *type);
      if (!defined) return defined;
    }
  }
  return {};
}

template <class Host>
std::vector<Resource<Host>> common_resources() {
  return {
      {"descriptor", drop_from<Host, &Host::descriptors>, {"wasi:filesystem/types", "wasi:filesystem/preopens"}},
      {"terminal-input", drop_nothing, {"wasi:cli/terminal-input", "wasi:cli/terminal-stdin"}},
      {"terminal-output",
       drop_nothing,
       {"wasi:cli/terminal-output", "wasi:cli/terminal-stdout", "wasi:cli/terminal-stderr"}},
  };
}

// The names of all these interfaces, with their versions.
template <class Host, class Function>
std::vector<std::string> names_of(std::span<const Interface<Function>* const> interfaces,
                                  const std::vector<Resource<Host>>& resources) {
  std::set<std::string> names;
  for (const Interface<Function>* interface : interfaces) names.insert(versioned(interface->name, interface->version));
  for (const CommonInterface& interface : common_interfaces) {
    names.insert(versioned(interface.name, Host::newest_version));
  }
  for (const auto& list : {common_resources<Host>(), resources}) {
    for (const Resource<Host>& resource : list) {
      for (const char* interface : resource.interfaces) names.insert(versioned(interface, resource.version));
    }
  }
  return {names.begin(), names.end()};
}

// A version's own interfaces and resources, and the common ones.
template <class Host, class Function>
Result<void> define_all(Linker& linker, const std::shared_ptr<HostOf<Host>>& of,
                        std::span<const Interface<Function>* const> interfaces,
                        const std::vector<Resource<Host>>& resources, const Wanted& wanted) {
  for (const Interface<Function>* interface : interfaces) {
    if (auto defined = define_interface(linker, of, *interface, wanted); !defined) return defined;
  }
  for (const CommonInterface& interface : common_interfaces) {
    if (!wanted(interface.name, Host::newest_version)) continue;
    const std::string instance = versioned(interface.name, Host::newest_version);
    if (auto defined = define_common(linker, of, instance, interface.functions); !defined) return defined;
  }
  for (const auto& list : {common_resources<Host>(), resources}) {
    for (const Resource<Host>& resource : list) {
      if (auto defined = define_resource(linker, of, resource, wanted); !defined) return defined;
    }
  }
  return {};
}

}  // namespace tenon::wasi::inline bindings
