// Canonical definitions: the options that each may and must have, and the core function that each is.
//
// The core types of lowered functions follow from the types of the functions; those of built-ins stand in the standard,
// and here. https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canonical-definitions
#include <algorithm>

#include "validate/component/flat_types.hpp"
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

using core::i32;
using core::i64;

constexpr std::size_t realloc_params = 4;
constexpr std::size_t callback_params = 3;
constexpr std::uint32_t context_slots = 2;

std::string_view option_text(CanonOption option) noexcept {
  switch (option) {
    case CanonOption::utf8: return "utf8";
    case CanonOption::utf16: return "utf16";
    case CanonOption::latin1_utf16: return "latin1-utf16";
    case CanonOption::memory: return "memory";
    case CanonOption::realloc: return "realloc";
    case CanonOption::post_return: return "post-return";
    case CanonOption::async: return "async";
    case CanonOption::callback: return "callback";
  }
  return "";
}

bool is_encoding(CanonOption option) noexcept { return option <= CanonOption::latin1_utf16; }

bool is_func(const core::FuncType& func, std::size_t params, core::ValType param, core::ValType result) {
  return func.params.size() == params &&
         std::ranges::all_of(func.params, [&](core::ValType t) { return t == param; }) && func.results.size() == 1 &&
         func.results[0] == result;
}

// Prints "[I32, I64]".
struct TypeList {
  std::span<const core::ValType> types;
};
void append_text(TextBuffer& out, const TypeList& list) noexcept {
  out.append('[');
  for (std::size_t i = 0; i < list.types.size(); ++i) {
    if (i != 0) out.append(", ");
    TextBuffer type;
    append_text(type, list.types[i]);
    for (const char c : type.view()) out.append(static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  }
  out.append(']');
}

}  // namespace

Result<void> Validator::validate_canon(Scope& scope, const Canon& canon) {
  switch (canon.op) {
    case CanonOp::lift: return lift(scope, canon);
    case CanonOp::lower: return lower(scope, canon);
    case CanonOp::resource_new:
    case CanonOp::resource_drop:
    case CanonOp::resource_rep: return resource_builtin(scope, canon);
    case CanonOp::task_return: return task_return(scope, canon);
    case CanonOp::context_get:
    case CanonOp::context_set: return context_builtin(scope, canon);
    case CanonOp::task_cancel:
    case CanonOp::backpressure_inc:
    case CanonOp::backpressure_dec: return push_core_func(scope, {}, {});
    case CanonOp::subtask_drop:
    case CanonOp::waitable_set_drop:
    case CanonOp::error_context_drop:
    case CanonOp::thread_resume_later: return push_core_func(scope, {i32}, {});
    case CanonOp::subtask_cancel:
    case CanonOp::thread_suspend_then_resume:
    case CanonOp::thread_yield_then_resume:
    case CanonOp::thread_suspend_then_promote:
    case CanonOp::thread_yield_then_promote: return push_core_func(scope, {i32}, {i32});
    case CanonOp::waitable_join: return push_core_func(scope, {i32, i32}, {});
    case CanonOp::waitable_set_new:
    case CanonOp::thread_index:
    case CanonOp::thread_yield:
    case CanonOp::thread_suspend:
    case CanonOp::thread_available_parallelism: return push_core_func(scope, {}, {i32});
    case CanonOp::waitable_set_wait:
    case CanonOp::waitable_set_poll: {
      Result<core::ValType> pointer = pointer_type(scope, canon.memory);
      if (!pointer) return std::move(pointer.error());
      return push_core_func(scope, {i32, *pointer}, {i32});
    }
    case CanonOp::stream_read:
    case CanonOp::stream_write:
    case CanonOp::future_read:
    case CanonOp::future_write: return copy_builtin(scope, canon);
    case CanonOp::error_context_new:
    case CanonOp::error_context_debug_message: return error_context_builtin(scope, canon);
    case CanonOp::thread_new_indirect:
    case CanonOp::thread_spawn_ref:
    case CanonOp::thread_spawn_indirect: return thread_builtin(scope, canon);
    default: return channel_builtin(scope, canon);
  }
}

Result<void> Validator::push_core_func(Scope& scope, core::FuncType type) {
  const core::TypeIdx index = registry_.intern_func(type, &arena_);
  if (index.is_none()) return fail(ErrorKind::exhausted, at_offset(offset_), "too many types: the engine is full");
  scope.spaces->core_funcs.push_back(arena_, index);
  return {};
}
Result<void> Validator::push_core_func(Scope& scope, std::initializer_list<core::ValType> params,
                                       std::initializer_list<core::ValType> results) {
  return push_core_func(scope, {{params.begin(), params.size()}, {results.begin(), results.size()}});
}

Result<const core::FuncType*> Validator::core_func_at(const Scope& scope, CoreFuncIdx index) {
  const auto& funcs = scope.spaces->core_funcs;
  if (!funcs.contains(index)) return out_of_bounds("core function", index.value, funcs.size());
  return &registry_[funcs[index]].type.func;
}

// The address type of the memory; of none, i32.
Result<core::ValType> Validator::pointer_type(const Scope& scope, std::optional<CoreMemoryIdx> memory) {
  if (!memory) return i32;
  const auto& memories = scope.spaces->core_memories;
  if (!memories.contains(*memory)) return out_of_bounds("memory", memory->value, memories.size());
  const core::Limits& limits = memories[*memory].limits;
  if (limits.is_shared)
    return invalid("mismatch in the shared flag for memories: canonical definitions can't use shared ones");
  if (limits.is_64 && !options_.features.has(Feature::component_memory64)) {
    return invalid(NeedsFeature{"a 64-bit memory here", Feature::component_memory64});
  }
  return core::address_type(limits);
}

Result<void> Validator::check_option_count(const CanonOptions& options) {
  std::optional<CanonOption> encoding;
  unsigned seen = 0;
  for (const CanonOption option : options.given) {
    const unsigned bit = 1U << static_cast<unsigned>(option);
    if (is_encoding(option)) {
      if (encoding) {
        return invalid("canonical encoding option `", option_text(*encoding), "` conflicts with option `",
                       option_text(option), '`');
      }
      encoding = option;
    } else if ((seen & bit) != 0) {
      return invalid("canonical option `", option_text(option), "` is specified more than once");
    }
    seen |= bit;
  }
  return {};
}

// What holds for options wherever they stand.
Result<void> Validator::check_options(const Scope& scope, const CanonOptions& options) {
  if (Checked counted = check_option_count(options); !counted) return counted;
  Result<core::ValType> pointer = pointer_type(scope, options.memory);
  if (!pointer) return std::move(pointer.error());
  if (options.callback && !options.is_async) return invalid("cannot specify callback without async");
  if (options.post_return && options.is_async) return invalid("cannot specify post-return function in async");
  if (!options.realloc) return {};
  if (!options.memory) return invalid("canonical option `realloc` requires `memory` to also be specified");
  Result<const core::FuncType*> realloc = core_func_at(scope, *options.realloc);
  if (!realloc) return std::move(realloc.error());
  if (is_func(**realloc, realloc_params, *pointer, *pointer)) return {};
  return invalid("canonical option `realloc` uses a core function with an incorrect signature: ", **realloc);
}

namespace {

// What lifting and lowering need of the options, gathered over all parts of a function's type.
struct Needs {
  bool memory = false;
  bool realloc = false;
};

}  // namespace

Result<void> Validator::lift(Scope& scope, const Canon& canon) {
  Result<const FuncSignature*> found = func_type_at(scope, canon.type.value);
  if (!found) return std::move(found.error());
  const FuncSignature& func = **found;
  Result<const core::FuncType*> callee = core_func_at(scope, canon.core_func);
  if (!callee) return std::move(callee.error());
  const CanonOptions& options = canon.options;
  if (Checked checked = check_options(scope, options); !checked) return checked;
  if (Checked checked = check_post_return(scope, options, **callee); !checked) return checked;
  if (options.is_async && !func.is_async)
    return invalid("the `async` canonical option requires an async function type");
  const core::ValType pointer = *pointer_type(scope, options.memory);

  Needs needs;
  FlatTypes params;
  FlatTypes results;
  for (const Member& param : func.params) {
    flatten(*param.type, pointer, params);
    needs.realloc |= param.type->has_pointer;
  }
  if (params.size() > max_flat_params) {
    params.clear();
    params.push(pointer);
    needs.realloc = true;
  }
  if (func.result != nullptr) {
    const std::uint32_t most = options.is_async ? max_flat_params : max_flat_results;
    needs.memory = func.result->flat > most || func.result->has_pointer;
    if (!options.is_async && func.result->flat > most) {
      results.push(pointer);
    } else if (!options.is_async) {
      flatten(*func.result, pointer, results);
    }
  }
  if (options.callback) results.push(i32);
  if ((needs.memory || needs.realloc) && !options.memory) return invalid("canonical option `memory` is required");
  if (needs.realloc && !options.realloc) return invalid("canonical option `realloc` is required");
  if (!std::ranges::equal(params.types(), (*callee)->params)) {
    return invalid("lowered parameter types `", TypeList{params.types()}, "` do not match parameter types `",
                   TypeList{(*callee)->params}, "` of core function ", canon.core_func.value);
  }
  if (!std::ranges::equal(results.types(), (*callee)->results)) {
    return invalid("lowered result types `", TypeList{results.types()}, "` do not match result types `",
                   TypeList{(*callee)->results}, "` of core function ", canon.core_func.value);
  }
  scope.spaces->funcs.push_back(arena_, &func);
  return {};
}

// The functions that a lifted function calls.
Result<void> Validator::check_post_return(const Scope& scope, const CanonOptions& options,
                                          const core::FuncType& lifted) {
  if (options.post_return) {
    Result<const core::FuncType*> func = core_func_at(scope, *options.post_return);
    if (!func) return std::move(func.error());
    if (!std::ranges::equal((*func)->params, lifted.results) || !(*func)->results.empty()) {
      return invalid("canonical option `post-return` uses a core function with an incorrect signature: ", **func);
    }
  }
  if (!options.callback) return {};
  Result<const core::FuncType*> func = core_func_at(scope, *options.callback);
  if (!func) return std::move(func.error());
  if (is_func(**func, callback_params, i32, i32)) return {};
  return invalid("canonical option `callback` uses a core function with an incorrect signature: ", **func);
}

namespace {

// What only lifted functions have.
std::string_view option_of_lifts(const CanonOptions& options) noexcept {
  if (options.post_return) return "post-return";
  return options.callback ? "callback" : "";
}

}  // namespace

Result<void> Validator::lower(Scope& scope, const Canon& canon) {
  const auto& funcs = scope.spaces->funcs;
  if (!funcs.contains(canon.func)) return out_of_bounds("function", canon.func.value, funcs.size());
  const FuncSignature& func = *funcs[canon.func];
  const CanonOptions& options = canon.options;
  if (Checked checked = check_options(scope, options); !checked) return checked;
  if (const std::string_view option = option_of_lifts(options); !option.empty()) {
    return invalid("canonical option `", option, "` cannot be specified for lowerings");
  }
  if (options.is_async && !func.is_async)
    return invalid("the `async` canonical option requires an async function type");
  const core::ValType pointer = *pointer_type(scope, options.memory);

  Needs needs;
  FlatTypes params;
  FlatTypes results;
  for (const Member& param : func.params) {
    flatten(*param.type, pointer, params);
    needs.memory |= param.type->has_pointer;
  }
  if (params.size() > (options.is_async ? max_flat_async_params : max_flat_params)) {
    params.clear();
    params.push(pointer);
    needs.memory = true;
  }
  if (func.result != nullptr) {
    needs.realloc = func.result->has_pointer;
    if (options.is_async || func.result->flat > max_flat_results) {
      params.push(pointer);
      needs.memory = true;
    } else {
      flatten(*func.result, pointer, results);
    }
  }
  if (options.is_async) results.push(i32);
  if ((needs.memory || needs.realloc) && !options.memory) return invalid("canonical option `memory` is required");
  if (needs.realloc && !options.realloc) return invalid("canonical option `realloc` is required");
  return push_core_func(scope, {params.types(), results.types()});
}

Result<void> Validator::resource_builtin(Scope& scope, const Canon& canon) {
  Result<ResourceId> resource = resource_at(scope, canon.type.value);
  if (!resource) return std::move(resource.error());
  if (canon.op == CanonOp::resource_drop) return push_core_func(scope, {i32}, {});
  const ResourceOrigin& origin = resources[*resource];
  if (origin.kind != ResourceOrigin::Kind::defined || origin.body != scope.spaces->body) {
    return invalid("type index ", canon.type.value, " is not a local resource, defined in this component");
  }
  if (canon.op == CanonOp::resource_new) return push_core_func(scope, {origin.rep}, {i32});
  return push_core_func(scope, {i32}, {origin.rep});
}

Result<const ValueType*> Validator::channel_at(Scope& scope, const Canon& canon, TypeKind kind) {
  Result<const TypeEntity*> type = type_at(scope, canon.type.value);
  if (!type) return std::move(type.error());
  const ValueType* value = (*type)->value;
  if (value == nullptr) {
    return invalid("type index ", canon.type.value, " is not a defined type, it is a ", kind_text(**type));
  }
  if (value->kind == kind) return value;
  return invalid('`', info(canon.op).text, "` requires a ", kind == TypeKind::stream ? "stream" : "future",
                 " type, found ", *value);
}

Result<void> Validator::channel_builtin(Scope& scope, const Canon& canon) {
  TypeKind kind = TypeKind::stream;
  switch (canon.op) {
    case CanonOp::future_new:
    case CanonOp::future_cancel_read:
    case CanonOp::future_cancel_write:
    case CanonOp::future_drop_readable:
    case CanonOp::future_drop_writable: kind = TypeKind::future; break;
    default: break;
  }
  Result<const ValueType*> type = channel_at(scope, canon, kind);
  if (!type) return std::move(type.error());
  switch (canon.op) {
    case CanonOp::stream_new:
    case CanonOp::future_new: return push_core_func(scope, {}, {i64});
    case CanonOp::stream_drop_readable:
    case CanonOp::stream_drop_writable:
    case CanonOp::future_drop_readable:
    case CanonOp::future_drop_writable: return push_core_func(scope, {i32}, {});
    default: return push_core_func(scope, {i32}, {i32});  // cancel
  }
}

Result<void> Validator::copy_builtin(Scope& scope, const Canon& canon) {
  const bool is_stream = canon.op == CanonOp::stream_read || canon.op == CanonOp::stream_write;
  const bool is_read = canon.op == CanonOp::stream_read || canon.op == CanonOp::future_read;
  Result<const ValueType*> type = channel_at(scope, canon, is_stream ? TypeKind::stream : TypeKind::future);
  if (!type) return std::move(type.error());
  const CanonOptions& options = canon.options;
  if (Checked checked = check_options(scope, options); !checked) return checked;
  if (const std::string_view option = option_of_lifts(options); !option.empty()) {
    return invalid("canonical option `", option, "` cannot be specified for lowerings");
  }
  const ValueType* element = (*type)->element;
  if (element != nullptr && !options.memory) return invalid("canonical option `memory` is required");
  if (element != nullptr && is_read && element->has_pointer && !options.realloc) {
    return invalid("canonical option `realloc` is required");
  }
  const core::ValType pointer = *pointer_type(scope, options.memory);
  if (is_stream) return push_core_func(scope, {i32, pointer, pointer}, {pointer});
  return push_core_func(scope, {i32, pointer}, {i32});
}

Result<void> Validator::task_return(Scope& scope, const Canon& canon) {
  Result<const ValueType*> result = value_type(scope, canon.result);
  if (!result) return std::move(result.error());
  const CanonOptions& options = canon.options;
  if (*result != nullptr && (*result)->has_borrow) {
    return invalid("`task.return` result cannot contain a `borrow` type, found ", **result);
  }
  if (Checked checked = check_options(scope, options); !checked) return checked;
  for (const CanonOption option : options.given) {
    if (!is_encoding(option) && option != CanonOption::memory) {
      return invalid("cannot specify `", option_text(option), "` option on `task.return`");
    }
  }
  const core::ValType pointer = *pointer_type(scope, options.memory);
  FlatTypes params;
  if (*result != nullptr) {
    flatten(**result, pointer, params);
    const bool is_indirect = params.size() > max_flat_params;
    if (!options.memory && (is_indirect || (*result)->has_pointer)) {
      return invalid("canonical option `memory` is required");
    }
    if (is_indirect) {
      params.clear();
      params.push(pointer);
    }
  }
  return push_core_func(scope, {params.types(), {}});
}

// Of a component's threads, so that all have one type.
Result<void> Validator::context_builtin(Scope& scope, const Canon& canon) {
  const std::string_view name = info(canon.op).text;
  if (canon.core_type != i32 && canon.core_type != i64) {
    return invalid('`', name, "` only supports `i32` or `i64`, found ", canon.core_type);
  }
  if (!scope.context_type.is_bottom() && scope.context_type != canon.core_type) {
    return invalid('`', name, "` type must match previous context type: expected ", scope.context_type, ", found ",
                   canon.core_type);
  }
  scope.context_type = canon.core_type;
  if (canon.slot > 0 && !options_.features.has(Feature::component_threading)) {
    return invalid('`', name, "` immediate must be zero: ", canon.slot);
  }
  if (canon.slot >= context_slots) return invalid('`', name, "` immediate must be zero or one: ", canon.slot);
  if (canon.op == CanonOp::context_get) return push_core_func(scope, {}, {canon.core_type});
  return push_core_func(scope, {canon.core_type}, {});
}

Result<void> Validator::error_context_builtin(Scope& scope, const Canon& canon) {
  const CanonOptions& options = canon.options;
  const bool is_new = canon.op == CanonOp::error_context_new;
  if (Checked checked = check_options(scope, options); !checked) return checked;
  if (options.is_async) return invalid("cannot specify `async` option on `", info(canon.op).text, '`');
  if (const std::string_view option = option_of_lifts(options); !option.empty()) {
    return invalid("canonical option `", option, "` cannot be specified for lowerings");
  }
  if (!options.memory) return invalid("canonical option `memory` is required");
  if (!is_new && !options.realloc) return invalid("canonical option `realloc` is required");
  const core::ValType pointer = *pointer_type(scope, options.memory);
  if (is_new) return push_core_func(scope, {pointer, pointer}, {i32});
  return push_core_func(scope, {i32, pointer}, {});
}

Result<void> Validator::thread_builtin(Scope& scope, const Canon& canon) {
  const auto& types = scope.spaces->core_types;
  const std::uint32_t index = canon.core_func_type.value;
  if (!types.contains(canon.core_func_type)) return out_of_bounds("type", index, types.size());
  const CoreTypeEntity entity = types[canon.core_func_type];
  if (entity.module != nullptr || registry_[entity.type].type.kind != core::CompositeKind::func) {
    return invalid("start type must be a function: expected a core function type at index ", index);
  }
  const core::FuncType& func = registry_[entity.type].type.func;
  const bool has_one = func.params.size() == 1;
  const bool takes_i64 = has_one && func.params[0] == i64 && options_.features.has(Feature::component_memory64);
  if (!has_one || (func.params[0] != i32 && !takes_i64)) {
    return invalid("start function must take a single `i32` argument (currently), found ", func);
  }
  if (!func.results.empty()) return invalid("start function must not return any values, found ", func);
  if (canon.flag && canon.op != CanonOp::thread_new_indirect) {
    return invalid("spawn type must be shared: core types can't be, until threads of shared modules have a standard");
  }
  const core::ValType argument = func.params[0];
  if (canon.op == CanonOp::thread_spawn_ref) {
    return push_core_func(scope, {core::ValType::ref(entity.type, true), argument}, {i32});
  }
  const auto& tables = scope.spaces->core_tables;
  if (!tables.contains(canon.table)) return out_of_bounds("table", canon.table.value, tables.size());
  const core::TableType& table = tables[canon.table];
  if (!registry_.matches(table.element, core::funcref)) {
    return invalid("table is not a table of (ref null (func)): expected table element type funcref, found ",
                   table.element);
  }
  if (table.limits.is_64 && !options_.features.has(Feature::component_memory64)) {
    return invalid(NeedsFeature{"a 64-bit table here", Feature::component_memory64});
  }
  return push_core_func(scope, {core::address_type(table.limits), argument}, {i32});
}

}  // namespace tenon::component
