// JSON of a resolved set of packages: four lists (worlds, interfaces, types, packages) that refer to one another by
// position. Absent docs and gates have no key; other absences are null.
#include <array>
#include <string>

#include "wit/json_string.hpp"
#include "wit/lexer.hpp"
#include "wit/names.hpp"
#include "wit/print.hpp"

namespace tenon::wit {

namespace {

class JsonPrinter {
 public:
  explicit JsonPrinter(const Resolve& resolve) : resolve_(resolve) {}

  std::string run() {
    out_.reserve(expected_size());
    open('{');
    list("worlds", resolve_.worlds, [&](const World& each) { world(each); });
    list("interfaces", resolve_.interfaces, [&](const Interface& each) { interface(each); });
    list("types", resolve_.types, [&](const TypeDef& each) { type(each); });
    list("packages", resolve_.packages, [&](const Package& each) { package(each); });
    close('}');
    return std::move(out_);
  }

 private:
  // About: a growing text is copied over and over.
  std::size_t expected_size() const noexcept {
    constexpr std::size_t of_an_item = 256;
    std::size_t size = (resolve_.types.size() + resolve_.interfaces.size() + resolve_.worlds.size()) * of_an_item;
    for (std::uint32_t i = 0; i < resolve_.sources.size(); ++i) size += 2 * resolve_.sources[SourceIdx(i)].text.size();
    return size;
  }

  // Punctuation: a value stands behind its key, or on a line of its own in a list.
  void open(char bracket) {
    out_ += bracket;
    ++depth_;
    is_first_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!is_first_) line();
    out_ += bracket;
    is_first_ = false;
  }
  void line() {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }
  void next() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    line();
  }
  void key(std::string_view name) {
    next();
    string(name);
    out_ += ": ";
  }
  void string(std::string_view text) { append_json_string(out_, text); }
  void number(std::uint32_t value) { out_ += std::to_string(value); }
  template <class Idx>
  void index(Idx value) {
    if (value.is_none()) {
      out_ += "null";
    } else {
      number(value.value);
    }
  }
  template <class F>
  void object(std::string_view name, F&& fields) {
    key(name);
    open('{');
    fields();
    close('}');
  }
  template <class Range, class F>
  void list(std::string_view name, const Range& values, F&& print) {
    key(name);
    open('[');
    for (const auto& value : values) {
      next();
      print(value);
    }
    close(']');
  }

  void docs(const Docs& docs) {
    if (!docs) return;
    object("docs", [&] {
      key("contents");
      string(*docs);
    });
  }
  void stability(const Stability& stability) {
    if (stability.is_unknown()) return;
    object("stability", [&] {
      object(stability.since != nullptr ? "stable" : "unstable", [&] {
        key(stability.since != nullptr ? "since" : "feature");
        string(stability.since != nullptr ? stability.since->text : stability.feature);
        if (stability.deprecated == nullptr) return;
        key("deprecated");
        string(stability.deprecated->text);
      });
    });
  }
  void external_id(const std::optional<std::string_view>& id) {
    if (!id) return;
    key("external_id");
    string(*id);
  }
  void optional_name(std::string_view name) {
    key("name");
    if (name.empty()) {
      out_ += "null";
    } else {
      string(name);
    }
  }

  void mention(const Type& type) {
    switch (type.form) {
      case TypeForm::none: out_ += "null"; return;
      case TypeForm::primitive: return string(text(type.primitive));
      case TypeForm::defined: return number(type.index.value);
    }
  }

  void world(const World& world) {
    open('{');
    key("name");
    string(world.name);
    items("imports", world.imports);
    items("exports", world.exports);
    key("package");
    index(world.package);
    docs(world.docs);
    stability(world.stability);
    close('}');
  }
  void items(std::string_view name, const ArenaVector<WorldItem>& items) {
    object(name, [&] {
      for (const WorldItem& item : items) {
        const std::string unnamed = "interface-" + std::to_string(item.interface.value);
        object(item.name.empty() ? std::string_view(unnamed) : item.name, [&] { world_item(item); });
      }
    });
  }
  void world_item(const WorldItem& item) {
    switch (item.kind) {
      case WorldItemKind::type: key("type"); return number(item.type.value);
      case WorldItemKind::function: return function("function", item.function);
      case WorldItemKind::interface:
        return object("interface", [&] {
          key("id");
          number(item.interface.value);
          stability(item.stability);
          external_id(item.external_id);
          docs(item.docs);
        });
    }
  }

  void interface(const Interface& interface) {
    open('{');
    optional_name(interface.name);
    object("types", [&] {
      for (const NamedType& named : interface.types) {
        key(named.name);
        number(named.type.value);
      }
    });
    object("functions", [&] {
      for (const Function& each : interface.functions) function(each.name, each);
    });
    docs(interface.docs);
    stability(interface.stability);
    key("package");
    index(interface.package);
    if (!interface.clone_of.is_none()) {
      key("clone_of");
      index(interface.clone_of);
    }
    close('}');
  }

  void function(std::string_view name, const Function& function) {
    object(name, [&] {
      key("name");
      string(function.name);
      key("kind");
      function_kind(function);
      list("params", function.params, [&](const Param& param) {
        open('{');
        key("name");
        string(param.name);
        key("type");
        mention(param.type);
        close('}');
      });
      if (!function.result.is_none()) {
        key("result");
        mention(function.result);
      }
      docs(function.docs);
      stability(function.stability);
      external_id(function.external_id);
    });
  }
  void function_kind(const Function& function) {
    if (function.kind == FunctionKind::freestanding) {
      return string(function.is_async ? "async-freestanding" : "freestanding");
    }
    std::string kind = function.is_async ? "async-" : "";
    kind += function.kind == FunctionKind::method    ? "method"
            : function.kind == FunctionKind::static_ ? "static"
                                                     : "constructor";
    open('{');
    key(kind);
    number(function.resource.value);
    close('}');
  }

  void type(const TypeDef& type) {
    open('{');
    optional_name(type.name);
    key("kind");
    kind(type);
    key("owner");
    if (type.owner.kind == OwnerKind::none) {
      out_ += "null";
    } else {
      open('{');
      const bool is_world = type.owner.kind == OwnerKind::world;
      key(is_world ? "world" : "interface");
      number(is_world ? type.owner.world.value : type.owner.interface.value);
      close('}');
    }
    docs(type.docs);
    stability(type.stability);
    external_id(type.external_id);
    close('}');
  }
  void kind(const TypeDef& type) {
    if (type.kind == TypeKind::resource) return string("resource");
    open('{');
    switch (type.kind) {
      case TypeKind::record: members("record", "fields", type); break;
      case TypeKind::flags: members("flags", "flags", type); break;
      case TypeKind::variant: members("variant", "cases", type); break;
      case TypeKind::enum_: members("enum", "cases", type); break;
      case TypeKind::own:
      case TypeKind::borrow:
        object("handle", [&] {
          key(type.kind == TypeKind::own ? "own" : "borrow");
          number(type.resource.value);
        });
        break;
      case TypeKind::tuple:
        object("tuple", [&] { list("types", type.elements, [&](const Type& element) { mention(element); }); });
        break;
      case TypeKind::result:
        object("result", [&] {
          key("ok");
          mention(type.first);
          key("err");
          mention(type.second);
        });
        break;
      case TypeKind::map:
        list("map", std::array{type.first, type.second}, [&](const Type& each) { mention(each); });
        break;
      case TypeKind::fixed_length_list:
        key("fixed-length-list");
        open('[');
        next();
        mention(type.first);
        next();
        number(type.length);
        close(']');
        break;
      default:
        key(single_kind(type.kind));
        mention(type.first);
        break;
    }
    close('}');
  }
  static std::string_view single_kind(TypeKind kind) noexcept {
    switch (kind) {
      case TypeKind::option: return "option";
      case TypeKind::list: return "list";
      case TypeKind::future: return "future";
      case TypeKind::stream: return "stream";
      default: return "type";
    }
  }
  void members(std::string_view kind, std::string_view list_name, const TypeDef& type) {
    const bool has_types = type.kind == TypeKind::record || type.kind == TypeKind::variant;
    object(kind, [&] {
      list(list_name, type.members, [&](const Member& member) {
        open('{');
        key("name");
        string(member.name);
        if (has_types) {
          key("type");
          mention(member.type);
        }
        docs(member.docs);
        close('}');
      });
    });
  }

  void package(const Package& package) {
    open('{');
    key("name");
    string(to_string(package.name));
    docs(package.docs);
    object("interfaces", [&] {
      for (const InterfaceIdx each : package.interfaces) {
        key(resolve_.interfaces[each].name);
        number(each.value);
      }
    });
    object("worlds", [&] {
      for (const WorldIdx each : package.worlds) {
        key(resolve_.worlds[each].name);
        number(each.value);
      }
    });
    close('}');
  }

  const Resolve& resolve_;
  std::string out_;
  std::size_t depth_ = 0;
  bool is_first_ = true;
};

}  // namespace

std::string print_json(const Resolve& resolve) { return JsonPrinter(resolve).run(); }

}  // namespace tenon::wit
