// Canonical WIT. An interface's uses come first, then its types with the members of resources inside, then functions; a
// world's interfaces, types, functions, exports. Types and functions stand in the order of the model, which is one in
// which definitions come before uses.
//
// Types without a name are printed where they are mentioned, and are nested no deeper than the parser let them be.
#include "wit/print.hpp"

#include <charconv>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"
#include "base/utf8.hpp"
#include "wit/lexer.hpp"
#include "wit/names.hpp"

namespace tenon::wit {

namespace {

// Were reserved once, and tools of that time read them only escaped.
bool was_keyword(std::string_view name) noexcept { return name == "float32" || name == "float64"; }

class Printer {
 public:
  Printer(const Resolve& resolve, const PrintOptions& options) : resolve_(resolve), options_(options) {}

  void package(PackageIdx index, bool is_main) {
    const Package& package = resolve_.packages[index];
    package_ = index;
    docs(package.docs);
    text("package ");
    package_name(package.name);
    if (is_main) {
      text(";");
      newline();
      newline();
    } else {
      open();
    }
    for (const InterfaceIdx each : package.interfaces) {
      const Interface& interface = resolve_.interfaces[each];
      docs(interface.docs);
      stability(interface.stability);
      text("interface ");
      name(interface.name);
      open();
      this->interface(each);
      close();
      if (is_main) newline();
    }
    for (const WorldIdx each : package.worlds) {
      const World& world = resolve_.worlds[each];
      docs(world.docs);
      stability(world.stability);
      text("world ");
      name(world.name);
      open();
      this->world(each);
      close();
    }
    if (!is_main) close();
  }

  void mention(const Type& type) {
    if (type.form == TypeForm::primitive) return text(wit::text(type.primitive));
    if (!type.is_defined()) return text("_");
    const TypeDef& definition = resolve_.types[type.index];
    if (!definition.name.empty()) return name(definition.name);
    if (definition.kind == TypeKind::own) return name(resolve_.types[definition.resource].name);
    constructed(definition);
  }

  void newline() {
    out_ += '\n';
    needs_indent_ = true;
  }
  std::string take() { return std::move(out_); }

 private:
  void text(std::string_view text) {
    if (needs_indent_) out_.append(2 * depth_, ' ');
    needs_indent_ = false;
    out_ += text;
  }
  void name(std::string_view name) {
    if (is_keyword(name) || was_keyword(name)) text("%");
    text(name);
  }
  void open() {
    text(" {");
    ++depth_;
    newline();
  }
  void close() {
    --depth_;
    text("}");
    newline();
  }
  void end_statement() {
    text(";");
    newline();
  }
  // A blank line between items, but not before the first of a block.
  void begin_item() {
    if (has_items_) newline();
    has_items_ = true;
  }

  void docs(const Docs& docs) {
    if (!options_.docs || !docs) return;
    std::string_view rest = *docs;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      text("///");
      if (!line.empty()) text(" ");
      text(line);
      newline();
    }
  }
  void stability(const Stability& stability) {
    if (stability.since != nullptr) gate("@since(version = ", stability.since->text);
    if (stability.is_unstable()) gate("@unstable(feature = ", stability.feature);
    if (stability.deprecated != nullptr) gate("@deprecated(version = ", stability.deprecated->text);
  }
  void gate(std::string_view begin, std::string_view value) {
    text(begin);
    text(value);
    text(")");
    newline();
  }
  void external_id(const std::optional<std::string_view>& id) {
    if (!id) return;
    text("@external-id(\"");
    escaped(*id);
    text("\")");
    newline();
  }
  // Plain letters stand for themselves, all else is escaped: WIT forbids some characters even in strings.
  void escaped(std::string_view value) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./: ";
    constexpr std::string_view named = "\\\"\n\r\t";
    constexpr std::string_view letters = "\\\"nrt";
    const auto* const end = as_bytes(value).data() + value.size();
    for (const auto* p = as_bytes(value).data(); p != end;) {
      const CodePoint point = decode_utf8(p, end);
      p += point.size;
      const char c = point.size == 1 ? static_cast<char>(point.value) : '\0';
      if (plain.contains(c)) {
        out_ += c;
      } else if (const std::size_t at = named.find(c); at != std::string_view::npos) {
        out_.append(1, '\\').append(1, letters[at]);
      } else {
        char digits[8];
        const auto written = std::to_chars(digits, digits + sizeof digits, static_cast<std::uint32_t>(point.value), 16);
        out_.append("\\u{").append(digits, written.ptr).append(1, '}');
      }
    }
  }
  void package_name(const PackageName& package) {
    labels(package.namespace_, ':');
    text(":");
    labels(package.name, '/');
    if (package.version == nullptr) return;
    text("@");
    text(package.version->text);
  }
  void path(InterfaceIdx index) {
    const Interface& interface = resolve_.interfaces[index];
    const PackageName& package = resolve_.packages[interface.package].name;
    if (interface.package == package_) return name(interface.name);
    labels(package.namespace_, ':');
    text(":");
    labels(package.name, '/');
    text("/");
    name(interface.name);
    if (package.version == nullptr) return;
    text("@");
    text(package.version->text);
  }
  void labels(std::string_view joined, char separator) {
    while (true) {
      const std::size_t end = joined.find(separator);
      name(joined.substr(0, end));
      if (end == std::string_view::npos) return;
      text(std::string_view(&separator, 1));
      joined.remove_prefix(end + 1);
    }
  }

  using Members = std::unordered_map<std::uint32_t, std::vector<const Function*>>;

  void interface(InterfaceIdx index) {
    const bool had_items = std::exchange(has_items_, false);
    const Interface& interface = resolve_.interfaces[index];
    Members members;
    for (const Function& function : interface.functions) {
      if (function.kind != FunctionKind::freestanding) members[function.resource.value].push_back(&function);
    }
    types({OwnerKind::interface, index, {}}, interface.types, members);
    for (const Function& function : interface.functions) {
      if (function.kind != FunctionKind::freestanding) continue;
      begin_item();
      docs(function.docs);
      stability(function.stability);
      external_id(function.external_id);
      name(function.name);
      text(": ");
      signature(function);
      end_statement();
    }
    has_items_ = had_items;
  }

  // Types that are used from other interfaces, joined where they may be in one statement; then those defined here.
  void types(const Owner& owner, std::span<const NamedType> types, const Members& members) {
    const TypeDef* previous = nullptr;
    for (const NamedType& named : types) {
      const TypeDef& type = resolve_.types[named.type];
      if (!is_use(owner, type)) continue;
      const TypeDef& target = resolve_.types[type.first.index];
      const bool joins = previous != nullptr && resolve_.types[previous->first.index].owner == target.owner &&
                         previous->stability == type.stability && previous->external_id == type.external_id;
      if (joins) {
        text(", ");
      } else {
        if (previous != nullptr) end_use();
        has_items_ = true;
        stability(type.stability);
        external_id(type.external_id);
        text("use ");
        path(target.owner.interface);
        text(".{");
      }
      name(target.name);
      if (target.name != named.name) {
        text(" as ");
        name(named.name);
      }
      previous = joins ? previous : &type;
    }
    if (previous != nullptr) end_use();
    for (const NamedType& named : types) {
      const TypeDef& type = resolve_.types[named.type];
      if (is_use(owner, type)) continue;
      begin_item();
      docs(type.docs);
      stability(type.stability);
      external_id(type.external_id);
      define(named.type, type, members);
    }
  }
  bool is_use(const Owner& owner, const TypeDef& type) const {
    if (type.kind != TypeKind::alias || !type.first.is_defined()) return false;
    const Owner& target = resolve_.types[type.first.index].owner;
    return target.kind != OwnerKind::none && target != owner;
  }
  void end_use() {
    text("}");
    end_statement();
  }

  void define(TypeIdx index, const TypeDef& type, const Members& members) {
    switch (type.kind) {
      case TypeKind::resource: return resource(index, type, members);
      case TypeKind::record: return block("record ", type);
      case TypeKind::variant: return block("variant ", type);
      case TypeKind::flags: return block("flags ", type);
      case TypeKind::enum_: return block("enum ", type);
      default: break;
    }
    text("type ");
    name(type.name);
    text(" = ");
    if (type.kind == TypeKind::alias) {
      mention(type.first);
    } else {
      constructed(type);
    }
    end_statement();
  }
  void block(std::string_view keyword, const TypeDef& type) {
    text(keyword);
    name(type.name);
    open();
    for (const Member& member : type.members) {
      docs(member.docs);
      name(member.name);
      if (!member.type.is_none()) {
        text(type.kind == TypeKind::record ? ": " : "(");
        mention(member.type);
        if (type.kind == TypeKind::variant) text(")");
      }
      text(",");
      newline();
    }
    close();
  }
  void resource(TypeIdx index, const TypeDef& type, const Members& members) {
    text("resource ");
    name(type.name);
    const auto found = members.find(index.value);
    if (found == members.end()) return end_statement();
    open();
    for (const Function* function : found->second) {
      docs(function->docs);
      stability(function->stability);
      external_id(function->external_id);
      if (function->kind != FunctionKind::constructor) {
        name(function->item_name());
        text(": ");
      }
      if (function->kind == FunctionKind::static_) text("static ");
      signature(*function);
      end_statement();
    }
    close();
  }

  void signature(const Function& function) {
    if (function.is_async) text("async ");
    text(function.kind == FunctionKind::constructor ? "constructor(" : "func(");
    const std::size_t implicit = function.kind == FunctionKind::method ? 1 : 0;
    for (std::size_t i = implicit; i < function.params.size(); ++i) {
      if (i > implicit) text(", ");
      name(function.params[i].name);
      text(": ");
      mention(function.params[i].type);
    }
    text(")");
    if (function.result.is_none() || gives_its_resource(function)) return;
    text(" -> ");
    mention(function.result);
  }
  bool gives_its_resource(const Function& function) const {
    if (function.kind != FunctionKind::constructor || !function.result.is_defined()) return false;
    const TypeDef& type = resolve_.types[function.result.index];
    return type.kind == TypeKind::own && type.resource == function.resource;
  }

  void constructed(const TypeDef& type) {
    switch (type.kind) {
      case TypeKind::own: return handle("own<", type);
      case TypeKind::borrow: return handle("borrow<", type);
      case TypeKind::option: return arguments("option", type.first, {});
      case TypeKind::list: return arguments("list", type.first, {});
      case TypeKind::map: return arguments("map", type.first, type.second);
      case TypeKind::future: return arguments("future", type.first, {});
      case TypeKind::stream: return arguments("stream", type.first, {});
      case TypeKind::result: return arguments("result", type.first, type.second);
      case TypeKind::fixed_length_list:
        text("list<");
        mention(type.first);
        text(", ");
        text(std::to_string(type.length));
        return text(">");
      case TypeKind::tuple:
        text("tuple<");
        for (std::size_t i = 0; i < type.elements.size(); ++i) {
          if (i > 0) text(", ");
          mention(type.elements[i]);
        }
        return text(">");
      default: return mention(type.first);  // an alias
    }
  }
  void handle(std::string_view begin, const TypeDef& type) {
    text(begin);
    name(resolve_.types[type.resource].name);
    text(">");
  }
  // Absent arguments at the end are not written, others as `_`.
  void arguments(std::string_view constructor, const Type& first, const Type& second) {
    text(constructor);
    if (first.is_none() && second.is_none()) return;
    text("<");
    mention(first);
    if (!second.is_none()) {
      text(", ");
      mention(second);
    }
    text(">");
  }

  void world(WorldIdx index) {
    const bool had_items = std::exchange(has_items_, false);
    const World& world = resolve_.worlds[index];
    std::vector<NamedType> named;
    Members members;
    for (const WorldItem& item : world.imports) {
      if (item.kind == WorldItemKind::type) named.push_back({item.name, item.type});
      if (item.kind == WorldItemKind::function && item.function.kind != FunctionKind::freestanding) {
        members[item.function.resource.value].push_back(&item.function);
      }
      if (item.kind == WorldItemKind::interface) {
        world_item(item, "import ");
        has_items_ = true;
      }
    }
    types({OwnerKind::world, {}, index}, named, members);
    for (const WorldItem& item : world.imports) {
      if (item.kind != WorldItemKind::function || item.function.kind != FunctionKind::freestanding) continue;
      world_item(item, "import ");
      has_items_ = true;
    }
    if (!world.exports.empty()) begin_item();
    for (const WorldItem& item : world.exports) world_item(item, "export ");
    has_items_ = had_items;
  }

  void world_item(const WorldItem& item, std::string_view keyword) {
    const bool is_function = item.kind == WorldItemKind::function;
    if (is_function) {
      docs(item.function.docs);
      stability(item.function.stability);
    } else {
      docs(!item.docs && !item.name.empty() ? resolve_.interfaces[item.interface].docs : item.docs);
      stability(item.stability);
    }
    external_id(is_function ? item.function.external_id : item.external_id);
    text(keyword);
    if (!item.name.empty()) {
      name(item.name);
      text(": ");
    }
    if (is_function) {
      signature(item.function);
      return end_statement();
    }
    if (!resolve_.interfaces[item.interface].name.empty()) {
      path(item.interface);
      return end_statement();
    }
    text("interface");
    open();
    interface(item.interface);
    close();
  }

  const Resolve& resolve_;
  PrintOptions options_;
  PackageIdx package_;
  std::string out_;
  std::size_t depth_ = 0;
  bool needs_indent_ = false;
  bool has_items_ = false;
};

}  // namespace

std::string print_package(const Resolve& resolve, PackageIdx package, const PrintOptions& options) {
  Printer printer(resolve, options);
  printer.package(package, true);
  return printer.take();
}

std::string print_all(const Resolve& resolve, const PrintOptions& options) {
  Printer printer(resolve, options);
  printer.package(resolve.main, true);
  bool is_first = true;
  for (std::uint32_t i = 0; i < resolve.packages.size(); ++i) {
    if (PackageIdx(i) == resolve.main) continue;
    if (!is_first) {
      printer.newline();
      printer.newline();
    }
    is_first = false;
    printer.package(PackageIdx(i), false);
  }
  return printer.take();
}

std::string print_type(const Resolve& resolve, const Type& type) {
  Printer printer(resolve, {});
  printer.mention(type);
  return printer.take();
}

}  // namespace tenon::wit
