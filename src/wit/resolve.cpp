// Files to packages, and packages in the order of their dependencies.
#include "wit/resolve.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "wit/lexer.hpp"
#include "wit/names.hpp"
#include "wit/parse.hpp"
#include "wit/state.hpp"

namespace tenon::wit {

std::string suggestion(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = nearest_name(name, candidates);
  return nearest.empty() || nearest == name ? std::string() : ", did you mean `" + std::string(nearest) + "`?";
}

namespace {

char to_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string type_suggestion(std::string_view name, std::vector<std::string_view> candidates) {
  struct Foreign {
    std::string_view name;
    std::string_view here;
  };
  static constexpr Foreign foreign[] = {
      {"i8", "s8"},       {"i16", "s16"},        {"i32", "s32"},         {"i64", "s64"},     {"int", "s32"},
      {"integer", "s32"}, {"short", "s16"},      {"long", "s64"},        {"uint", "u32"},    {"usize", "u32"},
      {"byte", "u8"},     {"bytes", "list<u8>"}, {"float", "f32"},       {"float32", "f32"}, {"double", "f64"},
      {"float64", "f64"}, {"number", "f64"},     {"boolean", "bool"},    {"str", "string"},  {"text", "string"},
      {"vec", "list"},    {"array", "list"},     {"optional", "option"}, {"dict", "map"},    {"expected", "result"},
  };
  const auto* known = std::ranges::find(foreign, name, &Foreign::name);
  if (known != std::end(foreign)) return ", did you mean `" + std::string(known->here) + "`?";
  // Names of the package first: of equally near ones the first is taken.
  for (const std::string_view type : type_keywords()) candidates.push_back(type);
  return suggestion(name, candidates);
}

std::string conflict(std::string_view name, std::string_view taken) {
  if (name == taken) return "is defined more than once";
  const std::string text = "conflicts with `" + std::string(taken);
  const bool differ_in_case = std::ranges::equal(name, taken, {}, to_lower, to_lower);
  return text + (differ_in_case ? "`: names must differ in more than case" : "`: bindings could not tell them apart");
}

namespace {

// The files that are one package: those of the folder, of a folder in deps/, or one file in deps/.
struct Group {
  std::string_view key;  // the folder or file in deps/; empty for the main package
  std::vector<Source> files;
  bool is_spare = false;
};

struct ByName {
  bool operator()(const PackageName& left, const PackageName& right) const noexcept { return (left <=> right) < 0; }
};

class Resolver {
 public:
  Resolver(Resolve& out, std::pmr::memory_resource& memory, const ResolveOptions& options)
      : out_(out), trees_(memory), state_(out, options) {}

  Result<void> run(const std::vector<Group>& groups) {
    // Every file's syntax is known.
    for (const bool is_spare : {false, true}) {
      for (const Group& group : groups) {
        if (group.is_spare == is_spare && !parse_group(group)) return std::move(state_.error);
      }
    }
    if (!set_target()) return std::move(state_.error);
    // The order of the packages is settled: none before what it depends on.
    for (std::size_t i = 0; i < units_.size(); ++i) by_name_.emplace(units_[i].name, i);
    for (const bool is_spare : {true, false}) {  // encoded packages come first, as with other tools
      for (const auto& [name, index] : by_name_) {
        if (units_[index].is_spare == is_spare && !visit(index, 0)) return std::move(state_.error);
      }
    }
    for (const std::size_t index : order_) {
      if (units_[index].is_main) out_.main = out_.packages.next_index();
      resolve_package(state_, units_[index]);
      if (state_.failed) return std::move(state_.error);
    }
    return {};
  }

 private:
  bool parse_group(const Group& group) {
    PackageUnit unit;
    unit.is_main = group.key.empty();
    for (const Source& file : group.files) {
      const SourceIdx index = out_.sources.next_index();
      const Source source{out_.arena.copy(file.path), out_.arena.copy(file.text), file.is_spare};
      out_.sources.push_back(out_.arena, source);
      auto parsed = parse_file({source, index, state_.options.features, out_.arena, trees_});
      if (!parsed) {
        state_.failed = true;
        state_.error = std::move(parsed).error();
        return false;
      }
      const ast::File* tree = trees_.make<ast::File>(*parsed);
      for (const ast::Scope& scope : tree->nested) {
        if (!add_unit({scope.name, scope.name_span, scope.docs, {&scope}, false}, group.is_spare)) return false;
      }
      if (!add_scope(unit, tree->own)) return false;
    }
    if (unit.name.namespace_.empty()) {
      const Span place = group.files.empty() ? Span{} : Span{SourceIdx(out_.sources.size() - group.files.size()), 0, 0};
      state_.invalid(place, "expected `package namespace:name;` in a file of the package, found none");
      return false;
    }
    return add_unit(std::move(unit), group.is_spare);
  }

  // One file of a package; files that name it agree.
  bool add_scope(PackageUnit& unit, const ast::Scope& scope) {
    unit.scopes.push_back(&scope);
    if (scope.name.namespace_.empty()) return true;
    if (!unit.name.namespace_.empty() && unit.name != scope.name) {
      state_.invalid(scope.name_span, "expected package `", to_string(unit.name),
                     "`, as another file of it says, found `", to_string(scope.name), "`");
      return false;
    }
    unit.name = scope.name;
    unit.name_span = scope.name_span;
    if (scope.docs && unit.docs) {
      state_.invalid(scope.docs_span, "the package is documented in more than one of its files");
      return false;
    }
    if (scope.docs) unit.docs = scope.docs;
    return true;
  }

  bool add_unit(PackageUnit unit, bool is_spare) {
    if (!names_.insert(unit.name).second) {
      if (is_spare) return true;
      state_.invalid(unit.name_span, "package `", to_string(unit.name), "` is defined more than once");
      return false;
    }
    unit.is_spare = is_spare;
    units_.push_back(std::move(unit));
    return true;
  }

  bool set_target() {
    if (!state_.options.target_version) return true;
    const std::string_view text = out_.arena.copy(*state_.options.target_version);
    Version version;
    if (const std::string_view fault = parse_version(text, version); !fault.empty()) {
      state_.fail(ErrorKind::usage, {}, "the target version `", text, "` is not a version: ", fault);
      return false;
    }
    for (const PackageUnit& unit : units_) {
      if (!unit.is_main) continue;
      if (unit.name.version == nullptr || version > *unit.name.version) {
        state_.invalid(unit.name_span, "package `", to_string(unit.name), "` has no version ", text, " to target");
        return false;
      }
    }
    state_.target = out_.arena.make<Version>(version);
    return true;
  }

  // The packages that a scope mentions, in the order in which it does: imports before exports.
  template <class F>
  static void for_each_path(const ast::Scope& scope, F&& visit) {
    const auto body_paths = [&](const ast::InterfaceBody& body) {
      for (const ast::UseItem& use : body.uses) visit(use.from);
    };
    for (const ast::Item& item : scope.order) {
      if (item.kind == ast::ItemKind::use) {
        visit(scope.uses[item.index].path);
      } else if (item.kind == ast::ItemKind::interface) {
        body_paths(scope.interfaces[item.index].body);
      } else {
        const ast::WorldBody& body = scope.worlds[item.index].body;
        body_paths(body.types);
        for (const ast::IncludeItem& include : body.includes) visit(include.from);
        for (const bool is_import : {true, false}) {
          for (const ast::ExternItem& each : body.externs) {
            if (each.is_import != is_import) continue;
            body_paths(each.body);
            if (each.form == ast::ExternForm::path || each.form == ast::ExternForm::named_path) visit(each.path);
          }
        }
      }
    }
  }

  bool visit(std::size_t index, std::uint32_t depth) {
    if (state_of_[index] == Visit::done) return true;
    if (depth > limits::max_wit_use_depth) {
      state_.fail(ErrorKind::exhausted, units_[index].name_span,
                  "packages depend on one another too deeply: more than ", limits::max_wit_use_depth);
      return false;
    }
    state_of_[index] = Visit::open;
    bool is_good = true;
    for (const ast::Scope* scope : units_[index].scopes) {
      for_each_path(*scope, [&](const ast::UsePath& path) {
        if (!is_good || path.is_local()) return;
        const auto found = by_name_.find(path.package);
        if (found == by_name_.end()) return;
        if (state_of_[found->second] == Visit::open) {
          state_.invalid(path.id.span, "package `", to_string(path.package), "` depends on itself");
          is_good = false;
          return;
        }
        is_good = visit(found->second, depth + 1);
      });
    }
    state_of_[index] = Visit::done;
    order_.push_back(index);
    return is_good;
  }

  enum class Visit : std::uint8_t { untouched, open, done };

  Resolve& out_;
  Arena trees_;
  State state_;
  std::vector<PackageUnit> units_;
  std::set<PackageName, ByName> names_;
  std::map<PackageName, std::size_t, ByName> by_name_;
  std::map<std::size_t, Visit> state_of_;
  std::vector<std::size_t> order_;
};

Result<Resolve> resolve_groups(const std::vector<Group>& groups, std::pmr::memory_resource& memory,
                               const ResolveOptions& options) {
  Resolve out(memory);
  if (auto done = Resolver(out, memory, options).run(groups); !done) return std::move(done).error();
  return out;
}

}  // namespace

Result<Resolve> resolve_file(const Source& file, std::pmr::memory_resource& memory, const ResolveOptions& options) {
  return resolve_groups({{.key = {}, .files = {file}}}, memory, options);
}

Result<Resolve> resolve_folder(std::span<const Source> files, std::pmr::memory_resource& memory,
                               const ResolveOptions& options) {
  std::map<std::string_view, Group> groups;
  groups[{}];  // the main package has one, though it be empty
  for (const Source& file : files) {
    if (!file.path.ends_with(".wit")) continue;
    std::string_view key;
    std::string_view rest = file.path;
    if (rest.starts_with("deps/")) {
      rest.remove_prefix(5);
      key = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(rest.size(), key.size() + 1));
    }
    if (rest.contains('/')) continue;
    groups[key].key = key;
    groups[key].is_spare = file.is_spare;
    groups[key].files.push_back(file);
  }
  std::vector<Group> ordered;
  for (auto& [key, group] : groups) {
    std::ranges::sort(group.files, {}, &Source::path);
    ordered.push_back(std::move(group));
  }
  return resolve_groups(ordered, memory, options);
}

}  // namespace tenon::wit
