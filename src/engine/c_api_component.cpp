// Components in C: errors, engines and stores with options, linking, and calls that are made at once.
#include "engine/c_api_component.hpp"

#include <cstdlib>
#include <cstring>

using tenon::c_api::give;
using tenon::c_api::missing;
using tenon::c_api::text_of;
using tenon::c_api::Val;

// --- Errors

static_assert(TENON_ERROR_MALFORMED == static_cast<int>(tenon::ErrorKind::malformed) &&
              TENON_ERROR_EXIT == static_cast<int>(tenon::ErrorKind::exit));

namespace tenon::c_api {

tenon_error_t* give(Error error) {
  std::string message(error.message());
  std::string context(error.context());
  return new tenon_error_t{std::move(error), std::move(message), std::move(context)};
}

tenon_error_t* give(Result<void> result) { return result ? nullptr : give(std::move(result).error()); }

Error take(tenon_error_t* error) {
  const std::unique_ptr<tenon_error_t> owned(error);
  return std::move(owned->error);
}

tenon_error_t* missing(const char* what) { return give(detail::usage(what, " is missing, or has ended")); }

}  // namespace tenon::c_api

tenon_error_t* tenon_error_new(tenon_error_kind_t kind, const char* message) {
  const auto known = kind <= TENON_ERROR_EXIT ? static_cast<tenon::ErrorKind>(kind) : tenon::ErrorKind::usage;
  return give(tenon::Error(known, text_of(message)));
}
void tenon_error_delete(tenon_error_t* error) { delete error; }
tenon_error_kind_t tenon_error_kind(const tenon_error_t* error) {
  return error == nullptr ? static_cast<tenon_error_kind_t>(TENON_ERROR_USAGE)
                          : static_cast<tenon_error_kind_t>(error->error.kind());
}
const char* tenon_error_message(const tenon_error_t* error) { return error == nullptr ? "" : error->message.c_str(); }
const char* tenon_error_context(const tenon_error_t* error) { return error == nullptr ? "" : error->context.c_str(); }
std::uint32_t tenon_error_code(const tenon_error_t* error) { return error == nullptr ? 0 : error->error.code(); }

// --- Engines and stores

wasm_engine_t* tenon_engine_new(const tenon_engine_options_t* options) {
  tenon::EngineOptions chosen;
  if (options != nullptr) {
    chosen.fuel = options->fuel;
    if (options->tier <= TENON_TIER_AUTO) chosen.tier = static_cast<tenon::Tier>(options->tier);
    chosen.cache = text_of(options->cache);
  }
  return new wasm_engine_t{tenon::Engine(chosen)};
}

wasm_store_t* tenon_store_new(wasm_engine_t* engine, const tenon_limits_t* limits) {
  wasm_store_t* store = wasm_store_new(engine);
  if (store == nullptr || limits == nullptr) return store;
  tenon::Limits chosen;
  const auto choose = [](auto& limit, auto value) {
    if (value != 0) limit = value;
  };
  choose(chosen.memory_bytes, limits->memory_bytes);
  choose(chosen.table_elements, limits->table_elements);
  choose(chosen.gc_bytes, limits->gc_bytes);
  choose(chosen.instance_count, limits->instances);
  choose(chosen.stack_bytes, limits->stack_bytes);
  chosen.call_time = std::chrono::nanoseconds(limits->call_nanoseconds);
  store->state->store.emplace(engine->engine, chosen);
  return store;
}

void tenon_store_set_fuel(wasm_store_t* store, std::uint64_t units) {
  if (tenon::Store* found = tenon::c_api::store_of(store)) found->set_fuel(units);
}
std::uint64_t tenon_store_fuel(const wasm_store_t* store) {
  const tenon::Store* found = tenon::c_api::store_of(store);
  return found == nullptr ? 0 : found->fuel();
}
void tenon_store_interrupt(wasm_store_t* store) {
  if (tenon::Store* found = tenon::c_api::store_of(store)) found->interrupt();
}

// --- Components

namespace {

tenon_component_t* make_component(tenon::Component component) { return new tenon_component_t{std::move(component)}; }

void show(const std::vector<tenon::ComponentItemType>& items, tenon_item_visitor_t visit, void* data) {
  for (const auto& item : items) visit(data, item.instance.c_str(), item.name.c_str(), item.type.c_str());
}

}  // namespace

tenon_error_t* tenon_component_new(wasm_engine_t* engine, const char* bytes, std::size_t size,
                                   tenon_component_t** out) {
  if (engine == nullptr || bytes == nullptr || out == nullptr) return missing("an argument");
  return give(tenon::Component::compile(engine->engine, {bytes, size}), out, make_component);
}

tenon_error_t* tenon_component_load(wasm_engine_t* engine, const char* path, tenon_component_t** out) {
  if (engine == nullptr || path == nullptr || out == nullptr) return missing("an argument");
  return give(tenon::Component::load(engine->engine, path), out, make_component);
}

void tenon_component_delete(tenon_component_t* component) { delete component; }

void tenon_component_imports(const tenon_component_t* component, tenon_item_visitor_t visit, void* data) {
  if (component != nullptr && visit != nullptr) show(component->component.imports(), visit, data);
}
void tenon_component_exports(const tenon_component_t* component, tenon_item_visitor_t visit, void* data) {
  if (component != nullptr && visit != nullptr) show(component->component.exports(), visit, data);
}

// --- Linkers

tenon_linker_t* tenon_linker_new(wasm_engine_t* engine) {
  return engine == nullptr ? nullptr : new tenon_linker_t{tenon::Linker(engine->engine)};
}
void tenon_linker_delete(tenon_linker_t* linker) { delete linker; }

tenon_error_t* tenon_linker_define_func(tenon_linker_t* linker, const char* instance, const char* name,
                                        tenon_host_func_t function, void* data, void (*finalize)(void*)) {
  const std::shared_ptr<void> owned = tenon::c_api::own_data(data, finalize);
  if (linker == nullptr || instance == nullptr || name == nullptr || function == nullptr) return missing("an argument");
  const auto run = [function, owned](std::span<const Val> arguments) -> tenon::Result<std::vector<Val>> {
    tenon_val_t result = tenon::c_api::give_absent();
    tenon_error_t* error = function(owned.get(), tenon::c_api::lend(arguments), arguments.size(), &result);
    Val taken = std::move(tenon::c_api::val_of(result));
    if (error != nullptr) return tenon::c_api::take(error);
    std::vector<Val> results;
    if (taken.kind() != tenon::c_api::absent) results.push_back(std::move(taken));
    return results;
  };
  return give(linker->linker.define_dynamic(text_of(instance), text_of(name), run));
}

void tenon_completion_delete(tenon_completion_t* completion) { delete completion; }

tenon_error_t* tenon_completion_resolve(const tenon_completion_t* completion, const tenon_val_t* result) {
  if (completion == nullptr) return missing("the completion");
  return give(completion->completion.resolve(tenon::c_api::vals_of(result, tenon::c_api::is_absent(result) ? 0 : 1)));
}

void tenon_completion_reject(const tenon_completion_t* completion, tenon_error_t* error) {
  if (error == nullptr) return;
  tenon::Error taken = tenon::c_api::take(error);
  if (completion != nullptr) completion->completion.reject(std::move(taken));
}

tenon_error_t* tenon_linker_define_async_func(tenon_linker_t* linker, const char* instance, const char* name,
                                              tenon_async_host_func_t function, void* data, void (*finalize)(void*)) {
  const std::shared_ptr<void> owned = tenon::c_api::own_data(data, finalize);
  if (linker == nullptr || instance == nullptr || name == nullptr || function == nullptr) return missing("an argument");
  const auto start = [function, owned](std::span<const Val> arguments,
                                       tenon::ComponentCompletion done) -> tenon::Result<void> {
    tenon_error_t* error =
        function(owned.get(), tenon::c_api::lend(arguments), arguments.size(), new tenon_completion_t{std::move(done)});
    if (error != nullptr) return tenon::c_api::take(error);
    return {};
  };
  return give(linker->linker.define_async_dynamic(text_of(instance), text_of(name), start));
}

tenon_resource_type_t* tenon_resource_type_new(const char* name, void (*destroy)(void*, std::uint64_t), void* data,
                                               void (*finalize)(void*)) {
  const auto end = [destroy, owned = tenon::c_api::own_data(data, finalize)](std::uint64_t rep) {
    if (destroy != nullptr) destroy(owned.get(), rep);
  };
  return new tenon_resource_type_t{tenon::HostResourceType(std::string(text_of(name)), end)};
}
void tenon_resource_type_delete(tenon_resource_type_t* type) { delete type; }

tenon_error_t* tenon_linker_define_resource(tenon_linker_t* linker, const char* instance, const char* name,
                                            const tenon_resource_type_t* type) {
  if (linker == nullptr || instance == nullptr || name == nullptr || type == nullptr) return missing("an argument");
  return give(linker->linker.define_resource(text_of(instance), text_of(name), type->type));
}

// --- Instances and functions

tenon_error_t* tenon_linker_instantiate(const tenon_linker_t* linker, wasm_store_t* store,
                                        const tenon_component_t* component, tenon_instance_t** out) {
  tenon::Store* found = tenon::c_api::store_of(store);
  if (linker == nullptr || component == nullptr || out == nullptr) return missing("an argument");
  if (found == nullptr) return missing("the store");
  return give(linker->linker.instantiate(*found, component->component), out,
              [](tenon::ComponentInstance made) { return new tenon_instance_t{std::move(made)}; });
}
void tenon_instance_delete(tenon_instance_t* instance) { delete instance; }

tenon_error_t* tenon_linker_define_instance(tenon_linker_t* linker, const char* name,
                                            const tenon_instance_t* instance) {
  if (linker == nullptr || name == nullptr || instance == nullptr) return missing("an argument");
  return give(linker->linker.define_instance(text_of(name), instance->instance));
}

tenon_error_t* tenon_instance_func(const tenon_instance_t* instance, const char* interface, const char* name,
                                   tenon_func_t** out) {
  if (instance == nullptr || out == nullptr) return missing("an argument");
  return give(instance->instance.func(text_of(interface), text_of(name)), out, [](tenon::ComponentFunc found) {
    std::string type = found.type();
    return new tenon_func_t{std::move(found), std::move(type)};
  });
}
void tenon_func_delete(tenon_func_t* func) { delete func; }
const char* tenon_func_type(const tenon_func_t* func) { return func == nullptr ? "" : func->type.c_str(); }
bool tenon_func_is_async(const tenon_func_t* func) { return func != nullptr && func->func.is_async(); }

tenon_error_t* tenon_func_call(const tenon_func_t* func, const tenon_val_t* arguments, std::size_t count,
                               tenon_val_t* result) {
  if (func == nullptr) return missing("the function");
  auto results = func->func.call(tenon::c_api::vals_of(arguments, count));
  if (!results) return give(std::move(results).error());
  if (result != nullptr) *result = give(tenon::c_api::result_of(*results));
  return nullptr;
}

tenon_error_t* tenon_func_call_text(const tenon_func_t* func, const char* arguments, char** result) {
  if (func == nullptr || result == nullptr) return missing("an argument");
  auto values = func->func.parse_arguments(text_of(arguments));
  if (!values) return give(std::move(values).error());
  auto results = func->func.call(*values);
  if (!results) return give(std::move(results).error());
  const std::string text = results->empty() ? "" : func->func.format_result(results->front());
  *result = static_cast<char*>(std::malloc(text.size() + 1));
  if (*result == nullptr) return give(tenon::detail::out_of_memory());
  std::memcpy(*result, text.c_str(), text.size() + 1);
  return nullptr;
}
void tenon_text_delete(char* text) { std::free(text); }
