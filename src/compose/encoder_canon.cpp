// Canonical definitions: what a core module imports, made of what the component has.
#include "compose/encoder.hpp"

namespace tenon::compose {

using component::Canon;
using component::CanonOption;
using component::CanonOptions;
using component::CoreFuncIdx;
using component::Sort;

void ComponentEncoder::add_option(CanonOptions& options, CanonOption option) {
  std::vector<CanonOption> given(options.given.begin(), options.given.end());
  given.push_back(option);
  options.given = arena_.copy(std::span<const CanonOption>(given));
}

CanonOptions ComponentEncoder::options(const NeededOptions& needed, component::StringEncoding encoding,
                                       std::size_t module, std::string_view realloc) {
  CanonOptions out;
  if (needed.memory) {
    if (memory_.is_none()) fail("the main module does not export a memory `memory`, which a function here needs");
    out.memory = memory_;
    add_option(out, CanonOption::memory);
  }
  if (needed.realloc) {
    if (realloc.empty()) {
      fail(
          "the module does not export a function `cabi_realloc`, which a function here needs to pass values in memory");
    } else {
      out.realloc = core_export(core_instances_[module], realloc);
    }
    add_option(out, CanonOption::realloc);
  }
  if (needed.encoding) {
    out.encoding = encoding;
    add_option(out, static_cast<CanonOption>(encoding));
  }
  if (needed.is_async) {
    out.is_async = true;
    add_option(out, CanonOption::async);
  }
  return out;
}

CoreFuncIdx ComponentEncoder::define(std::size_t module, const ImportUse& use) {
  switch (use.kind) {
    case ImportKind::function: return lower(module, use);
    case ImportKind::task_return: return task_return(module, use);
    case ImportKind::payload: return payload(module, use);
    case ImportKind::builtin: return builtin(module, use);
    case ImportKind::adapter_export: return core_export(core_instances_[use.adapter + 1], use.name);
    case ImportKind::resource_drop:
    case ImportKind::resource_builtin: {
      Canon canon;
      canon.op = use.op;
      const auto known = types_.known.types.find(use.type.value);
      canon.type = known != types_.known.types.end() ? known->second : reach(use.type);
      return builder_.core_func(canon);
    }
    case ImportKind::main_export:
    case ImportKind::memory: break;
  }
  return {};
}

component::StringEncoding ComponentEncoder::encoding_of(std::size_t module, const ImportUse& use) const {
  if (use.function == nullptr) return component::StringEncoding::utf8;
  const auto find = [&](const wit::WorldItem& item, bool is_export) {
    return modules_[module]->encodings.find(resolve_, item, use.function->name, is_export);
  };
  if (!use.is_of_export) {
    if (use.item != nullptr) return find(*use.item, false);
    for (const wit::WorldItem& item : world_.imports) {
      if (&item.function == use.function) return find(item, false);
    }
    return component::StringEncoding::utf8;
  }
  for (const JoinedExport& each : world_.exports) {
    const bool is_it = use.interface.is_none()
                           ? &each.item.function == use.function
                           : each.item.kind == wit::WorldItemKind::interface && each.item.interface == use.interface;
    if (is_it) return find(each.item, true);
  }
  return component::StringEncoding::utf8;
}

CoreFuncIdx ComponentEncoder::lower(std::size_t module, const ImportUse& use) {
  Canon canon;
  canon.op = CanonOp::lower;
  if (use.interface.is_none()) {
    canon.func = functions_.at(use.function);
  } else {
    canon.func =
        component::FuncIdx(builder_.alias_export(Sort::func, instances_.at(use.interface.value), use.function->name));
  }
  const NeededOptions needed = flat_.options(*use.function, use.flag ? FlatContext::import_async : FlatContext::import);
  canon.options = options(needed, encoding_of(module, use), module, modules_[module]->uses.realloc_of_imports());
  return builder_.core_func(canon);
}

CoreFuncIdx ComponentEncoder::task_return(std::size_t module, const ImportUse& use) {
  Canon canon;
  canon.op = CanonOp::task_return;
  types_.interface = use.interface;
  if (!use.function->result.is_none()) canon.result = types_.value(use.function->result);
  types_.interface = {};
  canon.options = options(flat_.return_options(*use.function), encoding_of(module, use), module, {});
  return builder_.core_func(canon);
}

namespace {

bool is_of_stream(CanonOp op) { return op >= CanonOp::stream_new && op <= CanonOp::stream_drop_writable; }

}  // namespace

// The types of imports are reached from anywhere; those of an export are known where it is defined.
component::TypeIdx ComponentEncoder::payload_type(const ImportUse& use) {
  types_.interface = use.is_of_export ? use.interface : wit::InterfaceIdx{};
  component::TypeIdx type;
  if (use.type.is_none()) {
    wit::TypeDef of_nothing;
    of_nothing.kind = is_of_stream(use.op) ? wit::TypeKind::stream : wit::TypeKind::future;
    type = types_.shape(of_nothing);
  } else {
    type = types_.type(use.type);
  }
  types_.interface = {};
  return type;
}

CoreFuncIdx ComponentEncoder::payload(std::size_t module, const ImportUse& use) {
  Canon canon;
  canon.op = use.op;
  canon.type = payload_type(use);
  canon.flag = use.flag;
  const bool reads = use.op == CanonOp::stream_read || use.op == CanonOp::future_read;
  if (reads || use.op == CanonOp::stream_write || use.op == CanonOp::future_write) {
    const wit::Type carried = use.type.is_none() ? wit::Type{} : resolve_.types[use.type].first;
    const ModuleUses& uses = modules_[module]->uses;
    canon.options = options(flat_.payload_options(carried, reads, use.flag), encoding_of(module, use), module,
                            use.is_of_export ? uses.realloc_of_exports() : uses.realloc_of_imports());
  }
  return builder_.core_func(canon);
}

CoreFuncIdx ComponentEncoder::builtin(std::size_t module, const ImportUse& use) {
  Canon canon;
  canon.op = use.op;
  canon.flag = use.flag;
  canon.memory = memory_;
  switch (use.op) {
    case CanonOp::context_get:
    case CanonOp::context_set:
      canon.core_type = use.flag ? core::i64 : core::i32;
      canon.slot = use.slot;
      canon.flag = false;
      break;
    case CanonOp::waitable_set_wait:
    case CanonOp::waitable_set_poll:
      if (memory_.is_none()) fail("the main module does not export a memory `memory`, which waiting needs");
      break;
    case CanonOp::error_context_new:
      canon.options = options({.memory = true, .encoding = true}, use.encoding, module, {});
      break;
    case CanonOp::error_context_debug_message:
      canon.options = options({.memory = true, .realloc = true, .encoding = true}, use.encoding, module,
                              modules_[module]->uses.realloc_of_imports());
      break;
    case CanonOp::thread_new_indirect: {
      const std::string_view table = modules_[0]->uses.function_table;
      if (table.empty()) {
        fail("the main module does not export its table `__indirect_function_table`, which starting threads needs");
        break;
      }
      static constexpr core::ValType word[] = {core::i32};
      core::SubType start;
      start.func.params = word;
      component::CoreType type;
      type.group.first = core::TypeIdx(0U);
      type.types = arena_.copy(std::span<const core::SubType>(&start, 1));
      canon.core_func_type = builder_.core_type(type);
      canon.table = component::CoreTableIdx(core_alias(Sort::core_table, core_instances_[0], table));
      break;
    }
    default: break;
  }
  return builder_.core_func(canon);
}

}  // namespace tenon::compose
