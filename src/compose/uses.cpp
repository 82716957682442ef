#include "compose/uses.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/concat.hpp"
#include "compose/first_error.hpp"
#include "model/core/type_text.hpp"
#include "wit/names.hpp"

namespace tenon::compose {

using wit::Function;
using wit::InterfaceIdx;
using wit::Resolve;
using wit::TypeIdx;
using wit::WorldItem;
using wit::WorldItemKind;

const ExportUse* ModuleUses::find(ExportKind kind, const JoinedExport& item, const Function& function) const {
  for (const ExportUse& use : exports) {
    if (use.kind == kind && use.item == &item && use.function == &function) return &use;
  }
  return nullptr;
}

namespace {

enum class Prefix : std::uint8_t { none, cancellable, async_lower };

struct Builtin {
  std::string_view text;
  CanonOp op;
  std::string_view params;
  std::string_view results;
  Prefix prefix;
};
constexpr Builtin builtins[] = {
#define TENON_BUILTIN(text, op, params, results, prefix) {text, CanonOp::op, params, results, Prefix::prefix},
#define TENON_PAYLOAD(prefix, op, params, results, waits)
#include "compose/builtins.def"
};
constexpr Builtin payload_builtins[] = {
#define TENON_BUILTIN(text, op, params, results, prefix)
#define TENON_PAYLOAD(prefix, op, params, results, waits) \
  {prefix, CanonOp::op, params, results, (waits) != 0 ? Prefix::async_lower : Prefix::none},
#include "compose/builtins.def"
};

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_end(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

std::vector<core::ValType> types_of(std::string_view letters, core::ValType pointer) {
  std::vector<core::ValType> types;
  for (const char letter : letters) types.push_back(letter == 'l' ? core::i64 : letter == 'p' ? pointer : core::i32);
  return types;
}

component::StringEncoding encoding_of(std::string_view name) {
  if (name.ends_with("latin1+utf16]")) return component::StringEncoding::latin1_utf16;
  return name.ends_with("utf16]") ? component::StringEncoding::utf16 : component::StringEncoding::utf8;
}

// How the two schemes say the same things.
struct Scheme {
  std::string_view root;       // the module of the world's functions
  std::string_view interface;  // before an interface's name
  std::string_view exported;   // before that, for intrinsics of exports
  bool is_standard = false;
};
constexpr Scheme classic{"$root", "", "[export]", false};
constexpr Scheme standard{"", "|", "_ex_", true};

std::string canonical_name(const Resolve& resolve, InterfaceIdx index) {
  const wit::Interface& interface = resolve.interfaces[index];
  const wit::PackageName& package = resolve.packages[interface.package].name;
  std::string name(package.namespace_);
  name.append(1, ':').append(package.name).append(1, '/').append(interface.name);
  if (package.version != nullptr) name.append(1, '@').append(wit::compatibility_track(*package.version));
  return name;
}

class UseFinder : FirstError {
 public:
  UseFinder(const core::Module& module, const UseContext& context, ModuleUses& out)
      : module_(module), context_(context), resolve_(context.world.resolve), out_(out) {}

  Result<void> run() {
    for (const core::Import& import : module_.imports) {
      use_ = {};
      use_.import = &import;
      use_.name = import.name;
      classify(import);
      if (failed_) {
        return std::move(error_).with_context("import \"" + std::string(import.module) + "\" \"" +
                                              std::string(import.name) + "\"");
      }
      out_.imports.push_back(use_);
    }
    for (const core::Export& export_ : module_.exports) {
      classify(export_);
      if (failed_) return std::move(error_).with_context("export \"" + std::string(export_.name) + "\"");
    }
    check_exports();
    if (failed_) return std::move(error_);
    return {};
  }

 private:
  const core::FuncType& type_of(const core::Import& import) const { return module_.types[import.type.func].func; }

  void expect(const core::FuncType& found, std::span<const core::ValType> params,
              std::span<const core::ValType> results) {
    if (std::ranges::equal(found.params, params) && std::ranges::equal(found.results, results)) return;
    TextBuffer text;
    text.append("expected a function of type ");
    append_type(text, params, results);
    text.append(", found ");
    append_type(text, found.params, found.results);
    fail(text.view());
  }
  static void append_type(TextBuffer& out, std::span<const core::ValType> params,
                          std::span<const core::ValType> results) {
    const auto list = [&](std::span<const core::ValType> types) {
      out.append('[');
      for (std::size_t i = 0; i < types.size(); ++i) {
        if (i > 0) out.append(' ');
        append_text(out, types[i]);
      }
      out.append(']');
    };
    list(params);
    out.append(" -> ");
    list(results);
  }
  void expect_function(const core::FuncType& found, const Function& function, FlatContext context) {
    const FlatSignature signature = context_.types.signature(function, context);
    expect(found, signature.params, signature.results);
  }

  void classify(const core::Import& import) {
    if (import.type.kind == core::ExternKind::memory && import.module == "env" && import.name == "memory") {
      if (out_.imported_memory != nullptr) return fail("a module can import one memory only");
      out_.imported_memory = &import.type.memory;
      use_.kind = ImportKind::memory;
      return;
    }
    if (import.module == "__main_module__") {
      use_.kind = ImportKind::main_export;
      return;
    }
    if (import.type.kind != core::ExternKind::func) {
      return fail("expected a function, found another kind of import: a component can give a module only functions");
    }
    const auto adapter = std::ranges::find(context_.adapters, import.module);
    if (adapter != context_.adapters.end() && context_.is_main) {
      use_.kind = ImportKind::adapter_export;
      use_.adapter = static_cast<std::size_t>(adapter - context_.adapters.begin());
      return;
    }
    std::string_view module = import.module;
    const Scheme& scheme = take(module, "cm32p2") ? standard : classic;
    classify(scheme, module, import.name, type_of(import));
  }

  void classify(const Scheme& scheme, std::string_view module, std::string_view name, const core::FuncType& type) {
    if (module == scheme.root) return root_import(scheme, name, type);
    if (module == "env" && environment(name, type)) return;
    if (!take(module, scheme.interface)) return unknown(module);
    const bool is_exported = take(module, scheme.exported);
    if (is_exported && module == scheme.root) {
      if (!intrinsic(scheme, name, type, nullptr, true)) fail("there is no intrinsic of that name");
      return;
    }
    if (is_exported) {
      const JoinedExport* item = find_export(scheme, module);
      if (item == nullptr) return fail("the world does not export an interface `", module, "`");
      if (!intrinsic(scheme, name, type, &item->item, true)) fail("there is no intrinsic of that name");
      return;
    }
    const WorldItem* item = find_import(scheme, module);
    if (item == nullptr) return unknown(module);
    use_.item = item;
    use_.interface = item->interface;
    const bool is_async = !scheme.is_standard && take(name, "[async-lower]");
    if (const Function* function = find_function(*item, name); function != nullptr) {
      return lowered(*function, type, is_async);
    }
    if (is_async) name = use_.import->name;
    if (!intrinsic(scheme, name, type, item, false)) {
      fail("interface `", module, "` has no function `", name, "`");
    }
  }

  void unknown(std::string_view module) {
    fail("the world does not import `", module, "`, and there is no adapter of that name");
  }

  void lowered(const Function& function, const core::FuncType& type, bool is_async) {
    use_.kind = ImportKind::function;
    use_.function = &function;
    use_.flag = is_async;
    expect_function(type, function, is_async ? FlatContext::import_async : FlatContext::import);
  }

  static const WorldItem* find_item(std::span<const WorldItem> items, std::string_view name, WorldItemKind kind) {
    const auto found =
        std::ranges::find_if(items, [&](const WorldItem& item) { return item.kind == kind && item.name == name; });
    return found == items.end() ? nullptr : &*found;
  }

  const Function* find_function(const WorldItem& item, std::string_view name) const {
    const auto& functions = resolve_.interfaces[item.interface].functions;
    const auto found = std::ranges::find(functions, name, &Function::name);
    return found == functions.end() ? nullptr : &*found;
  }

  // What stands before `$root`'s own functions: built-ins, then the world's functions and intrinsics.
  void root_import(const Scheme& scheme, std::string_view name, const core::FuncType& type) {
    if (!scheme.is_standard && builtin(name, type)) return;
    std::string_view plain = name;
    const bool is_async = !scheme.is_standard && take(plain, "[async-lower]");
    if (const WorldItem* item = find_item(context_.world.imports, plain, WorldItemKind::function); item != nullptr) {
      use_.item = item;
      return lowered(item->function, type, is_async);
    }
    if (!intrinsic(scheme, name, type, nullptr, false)) fail("the world does not import a function `", name, "`");
  }

  bool builtin(std::string_view name, const core::FuncType& type) {
    if (context_slot(name, type)) return true;
    const bool is_cancellable = take(name, "[cancellable]");
    const bool is_async = !is_cancellable && take(name, "[async-lower]");
    core::ValType pointer = core::i32;
    std::string plain(name);
    for (const std::string_view suffix : {"-i32]", "-i64]"}) {
      if (!name.ends_with(suffix)) continue;
      plain = std::string(name.substr(0, name.size() - suffix.size())) + "]";
      if (suffix == "-i64]") pointer = core::i64;
    }
    for (const Builtin& each : builtins) {
      const bool takes_pointer = each.params.contains('p');
      if (each.text != (takes_pointer ? std::string_view(plain) : name)) continue;
      if ((is_cancellable && each.prefix != Prefix::cancellable) || (is_async && each.prefix != Prefix::async_lower)) {
        continue;
      }
      if (each.op == CanonOp::task_cancel) continue;  // of exports
      use_.kind = ImportKind::builtin;
      use_.op = each.op;
      use_.flag = is_cancellable || is_async;
      use_.encoding = encoding_of(name);
      expect(type, types_of(each.params, pointer), types_of(each.results, pointer));
      return true;
    }
    return false;
  }

  // "[context-get-0]", "[context-set-i64-1]".
  bool context_slot(std::string_view name, const core::FuncType& type) {
    const bool is_get = take(name, "[context-get-");
    if (!is_get && !take(name, "[context-set-")) return false;
    const bool is_64 = take(name, "i64-");
    if (!is_64) take(name, "i32-");
    if (!take_end(name, "]")) return false;
    const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), use_.slot);
    if (status != std::errc{} || end != name.data() + name.size()) return false;
    context_use(is_get, type);
    const core::ValType word[] = {is_64 ? core::i64 : core::i32};
    is_get ? expect(type, {}, word) : expect(type, word, {});
    return true;
  }
  void context_use(bool is_get, const core::FuncType& type) {
    use_.kind = ImportKind::builtin;
    use_.op = is_get ? CanonOp::context_get : CanonOp::context_set;
    const auto& words = is_get ? type.results : type.params;
    if (words.size() == 1) use_.flag = words[0] == core::i64;
  }

  // What wasi-libc's linker leaves to the component: the pointers of the thread.
  bool environment(std::string_view name, const core::FuncType& type) {
    const bool is_stack = name.ends_with("stack_pointer");
    if (name != "__wasm_get_stack_pointer" && name != "__wasm_set_stack_pointer" && name != "__wasm_get_tls_base" &&
        name != "__wasm_set_tls_base") {
      return false;
    }
    use_.slot = is_stack ? 0 : 1;
    context_use(name.starts_with("__wasm_get"), type);
    return true;
  }

  TypeIdx find_resource(const WorldItem* item, std::string_view name) const {
    TypeIdx found;
    if (item != nullptr) {
      for (const wit::NamedType& named : resolve_.interfaces[item->interface].types) {
        if (named.name == name) found = named.type;
      }
    } else if (const WorldItem* type = find_item(context_.world.imports, name, WorldItemKind::type); type != nullptr) {
      found = type->type;
    }
    return !found.is_none() && resolve_.types[found].kind == wit::TypeKind::resource ? found : TypeIdx{};
  }

  static bool take_resource(const Scheme& scheme, std::string_view& name, std::string_view verb) {
    const std::string_view before = name;
    if (scheme.is_standard) return take_end(name, "_" + std::string(verb));
    if (!take(name, "[resource-")) return false;
    if (take(name, verb) && take(name, "]")) return true;
    name = before;
    return false;
  }

  bool intrinsic(const Scheme& scheme, std::string_view name, const core::FuncType& type, const WorldItem* item,
                 bool is_exported) {
    use_.interface = item == nullptr ? InterfaceIdx{} : item->interface;
    use_.is_of_export = is_exported;
    if (resource_intrinsic(scheme, name, type, item, is_exported)) return true;
    if (scheme.is_standard) return false;
    if (is_exported && name == "[task-cancel]") {
      use_.kind = ImportKind::builtin;
      use_.op = CanonOp::task_cancel;
      expect(type, {}, {});
      return true;
    }
    std::string_view returned = name;
    if (is_exported && take(returned, "[task-return]")) {
      use_.function = function_of(item, returned, true);
      if (use_.function == nullptr) return false;
      use_.kind = ImportKind::task_return;
      return true;
    }
    return payload(name, type, item, is_exported);
  }

  bool resource_intrinsic(const Scheme& scheme, std::string_view name, const core::FuncType& type,
                          const WorldItem* item, bool is_exported) {
    struct Verb {
      std::string_view name;
      CanonOp op;
    };
    constexpr Verb verbs[] = {
        {"drop", CanonOp::resource_drop}, {"new", CanonOp::resource_new}, {"rep", CanonOp::resource_rep}};
    constexpr core::ValType word[] = {core::i32};
    for (const Verb& verb : verbs) {
      std::string_view resource = name;
      if (!take_resource(scheme, resource, verb.name)) continue;
      if (verb.op != CanonOp::resource_drop && !is_exported) return false;
      use_.type = find_resource(item, resource);
      if (use_.type.is_none()) return false;
      use_.kind = is_exported ? ImportKind::resource_builtin : ImportKind::resource_drop;
      use_.op = verb.op;
      expect(type, word, std::span(word, verb.op == CanonOp::resource_drop ? 0 : 1));
      return true;
    }
    return false;
  }

  const Function* function_of(const WorldItem* item, std::string_view name, bool is_exported) const {
    if (item != nullptr) return find_function(*item, name);
    if (!is_exported) {
      const WorldItem* found = find_item(context_.world.imports, name, WorldItemKind::function);
      return found == nullptr ? nullptr : &found->function;
    }
    for (const JoinedExport& each : context_.world.exports) {
      if (each.item.kind == WorldItemKind::function && each.item.name == name) return &each.item.function;
    }
    return nullptr;
  }

  // "[stream-read-0]get", "[future-new-unit]".
  bool payload(std::string_view name, const core::FuncType& type, const WorldItem* item, bool is_exported) {
    const bool is_async = take(name, "[async-lower]");
    for (const Builtin& each : payload_builtins) {
      std::string_view rest = name;
      if (!take(rest, each.text) || (is_async && each.prefix != Prefix::async_lower)) continue;
      const std::size_t close = rest.find(']');
      if (close == std::string_view::npos) return false;
      const std::string_view number = rest.substr(0, close);
      if (number != "unit") {
        use_.function = function_of(item, rest.substr(close + 1), is_exported);
        std::uint32_t index = 0;
        const auto [end, status] = std::from_chars(number.data(), number.data() + number.size(), index);
        if (use_.function == nullptr || status != std::errc{} || end != number.data() + number.size()) return false;
        const std::vector<TypeIdx> streams = context_.types.streams_and_futures(*use_.function);
        if (index >= streams.size()) return false;
        use_.type = streams[index];
      }
      use_.kind = ImportKind::payload;
      use_.op = each.op;
      use_.flag = is_async;
      expect(type, types_of(each.params, core::i32), types_of(each.results, core::i32));
      return true;
    }
    return false;
  }

  bool names_item(const Scheme& scheme, const WorldItem& item, std::string_view name) const {
    if (item.kind != WorldItemKind::interface) return false;
    if (!item.name.empty()) return item.name == name;
    return (scheme.is_standard ? canonical_name(resolve_, item.interface)
                               : wit::interface_name(resolve_, item.interface)) == name;
  }

  // The same interface, or one in a version that is compatible: which of the two is later does not matter, since the
  // module was made for the world in either.
  bool names_compatible_item(const WorldItem& item, std::string_view name) const {
    if (item.kind != WorldItemKind::interface || !item.name.empty()) return false;
    wit::QualifiedName wanted;
    wit::Version version;
    const wit::Interface& interface = resolve_.interfaces[item.interface];
    const wit::PackageName& package = resolve_.packages[interface.package].name;
    if (!wit::parse_qualified_name(name, wanted) || wanted.item != interface.name) return false;
    if (wanted.namespace_ != package.namespace_ || wanted.package != package.name) return false;
    if (package.version == nullptr || !wit::parse_version(wanted.version, version).empty()) return false;
    return wit::compatibility_track(version) == wit::compatibility_track(*package.version);
  }

  const WorldItem* find_import(const Scheme& scheme, std::string_view name) const {
    for (const WorldItem& item : context_.world.imports) {
      if (names_item(scheme, item, name)) return &item;
    }
    for (const WorldItem& item : context_.world.imports) {
      if (names_compatible_item(item, name)) return &item;
    }
    return nullptr;
  }

  const JoinedExport* find_export(const Scheme& scheme, std::string_view name) const {
    for (const JoinedExport& each : context_.world.exports) {
      if (names_item(scheme, each.item, name)) return &each;
    }
    for (const JoinedExport& each : context_.world.exports) {
      if (names_compatible_item(each.item, name)) return &each;
    }
    return nullptr;
  }

  void classify(const core::Export& export_) {
    struct Special {
      std::string_view name;
      std::string_view ModuleUses::* slot;
    };
    static constexpr Special specials[] = {
        {"cabi_realloc", &ModuleUses::realloc},
        {"canonical_abi_realloc", &ModuleUses::realloc},
        {"cm32p2_realloc", &ModuleUses::realloc},
        {"cabi_import_realloc", &ModuleUses::import_realloc},
        {"cabi_export_realloc", &ModuleUses::export_realloc},
        {"cabi_realloc_adapter", &ModuleUses::adapter_realloc},
        {"_initialize", &ModuleUses::initialize},
        {"cm32p2_initialize", &ModuleUses::initialize},
    };
    if (export_.kind == core::ExternKind::memory && (export_.name == "memory" || export_.name == "cm32p2_memory")) {
      out_.memory = export_.name;
    }
    if (export_.kind == core::ExternKind::table && export_.name == "__indirect_function_table") {
      out_.function_table = export_.name;
    }
    if (export_.kind != core::ExternKind::func) return;
    for (const Special& special : specials) {
      if (special.name != export_.name) continue;
      out_.*special.slot = export_.name;
      return special_type(export_);
    }
    std::string_view name = export_.name;
    const bool is_standard = take(name, "cm32p2");
    is_standard ? standard_export(export_, name) : classic_export(export_, name);
  }

  const core::FuncType& type_of(const core::Export& export_) const {
    return module_.type_of(core::FuncIdx(export_.index)).func;
  }

  void special_type(const core::Export& export_) {
    constexpr core::ValType words[] = {core::i32, core::i32, core::i32, core::i32};
    if (export_.name.ends_with("realloc")) {
      expect(type_of(export_), words, std::span(words, 1));
    } else if (export_.name.ends_with("initialize")) {
      expect(type_of(export_), {}, {});
    }
  }

  void classic_export(const core::Export& export_, std::string_view name) {
    FlatContext context = FlatContext::export_;
    ExportKind kind = ExportKind::function;
    if (take(name, "[callback][async-lift]")) {
      kind = ExportKind::callback;
    } else if (take(name, "[async-lift]")) {
      context = FlatContext::export_async;
    } else if (take(name, "[async-lift-stackful]")) {
      context = FlatContext::export_async_stackful;
    }
    if (add_export(export_, kind, context, name) || kind != ExportKind::function) return;
    if (take(name, "cabi_post_")) {
      add_export(export_, ExportKind::post_return, context, name);
    } else if (const std::size_t at = name.find("#[dtor]"); at != std::string_view::npos) {
      add_destructor(export_, classic, name.substr(0, at), name.substr(at + 7));
    }
  }

  // "||f", "|ns:pkg/iface@1|f", with "_post" or "_dtor" behind.
  void standard_export(const core::Export& export_, std::string_view name) {
    if (!take(name, "|")) return;
    const std::size_t bar = name.find('|');
    if (bar == std::string_view::npos) return;
    const std::string_view interface = name.substr(0, bar);
    std::string_view function = name.substr(bar + 1);
    if (add_standard(export_, ExportKind::function, interface, function)) return;
    if (take_end(function, "_post")) {
      add_standard(export_, ExportKind::post_return, interface, function);
    } else if (take_end(function, "_dtor")) {
      add_destructor(export_, standard, interface, function);
    }
  }

  bool add_standard(const core::Export& export_, ExportKind kind, std::string_view interface, std::string_view name) {
    for (const JoinedExport& each : context_.world.exports) {
      if (each.module != context_.module) continue;
      if (interface.empty() && each.item.kind == WorldItemKind::function && each.item.name == name) {
        return add(export_, kind, FlatContext::export_, each, each.item.function), true;
      }
      if (interface.empty() || !names_item(standard, each.item, interface)) continue;
      const Function* function = find_function(each.item, name);
      if (function != nullptr) return add(export_, kind, FlatContext::export_, each, *function), true;
    }
    return false;
  }

  // "f", "ns:pkg/iface@1.0.0#f", "label#f".
  bool add_export(const core::Export& export_, ExportKind kind, FlatContext context, std::string_view name) {
    const std::size_t hash = name.find('#');
    for (const JoinedExport& each : context_.world.exports) {
      if (each.module != context_.module) continue;
      if (hash == std::string_view::npos) {
        if (each.item.kind != WorldItemKind::function || each.item.name != name) continue;
        return add(export_, kind, context, each, each.item.function), true;
      }
      if (!names_item(classic, each.item, name.substr(0, hash))) continue;
      const Function* function = find_function(each.item, name.substr(hash + 1));
      if (function != nullptr) return add(export_, kind, context, each, *function), true;
    }
    return false;
  }

  void add(const core::Export& export_, ExportKind kind, FlatContext context, const JoinedExport& item,
           const Function& function) {
    constexpr core::ValType words[] = {core::i32, core::i32, core::i32};
    const core::FuncType& type = type_of(export_);
    if (kind == ExportKind::function) {
      expect_function(type, function, context);
    } else if (kind == ExportKind::callback) {
      expect(type, words, std::span(words, 1));
    } else {
      expect(type, context_.types.signature(function, FlatContext::export_).results, {});
    }
    out_.exports.push_back({kind, &export_, &item, &function, context, {}});
  }

  void add_destructor(const core::Export& export_, const Scheme& scheme, std::string_view interface,
                      std::string_view name) {
    constexpr core::ValType word[] = {core::i32};
    for (const JoinedExport& each : context_.world.exports) {
      if (each.module != context_.module || !names_item(scheme, each.item, interface)) continue;
      const TypeIdx resource = find_resource(&each.item, name);
      if (resource.is_none()) continue;
      expect(type_of(export_), word, {});
      out_.exports.push_back({ExportKind::destructor, &export_, &each, nullptr, FlatContext::export_, resource});
    }
  }

  // All that the world says this module exports is there, and those that wait by a callback have it.
  void check_exports() {
    for (const JoinedExport& each : context_.world.exports) {
      if (each.module != context_.module) continue;
      if (each.item.kind == WorldItemKind::function) {
        check_export(each, each.item.function);
        continue;
      }
      for (const Function& function : resolve_.interfaces[each.item.interface].functions) check_export(each, function);
    }
  }
  void check_export(const JoinedExport& item, const Function& function) {
    const ExportUse* use = out_.find(ExportKind::function, item, function);
    if (use == nullptr) {
      const bool is_root = item.item.kind == WorldItemKind::function;
      return fail("the module does not export `", is_root ? "" : item_name(resolve_, item.item) + "#", function.name,
                  "`, which its world says that it does");
    }
    if (use->context == FlatContext::export_async && out_.find(ExportKind::callback, item, function) == nullptr) {
      fail("the module exports `", use->export_->name, "` without its callback: expected an export `[callback]",
           use->export_->name, "` too");
    }
  }

  const core::Module& module_;
  const UseContext& context_;
  const Resolve& resolve_;
  ModuleUses& out_;
  ImportUse use_;
};

}  // namespace

Result<ModuleUses> find_uses(const core::Module& module, const UseContext& context) {
  ModuleUses out;
  if (auto found = UseFinder(module, context, out).run(); !found) return std::move(found).error();
  return out;
}

}  // namespace tenon::compose
