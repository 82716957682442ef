// What stands behind the opaque types of tenon.h: each holds handles of the C++ interface, which say what is safe.
//
// A `tenon_val_t` is the storage of a `component::Val`, which may lie anywhere: C moves its bytes.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/c_api.hpp"
#include "tenon/component.hpp"
#include "tenon/component_async.hpp"
#include "tenon/tenon.h"

struct tenon_error_t {
  tenon::Error error;
  std::string message;
  std::string context;
};
struct tenon_component_t {
  tenon::Component component;
};
struct tenon_linker_t {
  tenon::Linker linker;
};
struct tenon_resource_type_t {
  tenon::HostResourceType type;
};
struct tenon_completion_t {
  tenon::ComponentCompletion completion;
};
struct tenon_instance_t {
  tenon::ComponentInstance instance;
};
struct tenon_func_t {
  tenon::ComponentFunc func;
  std::string type;
};

namespace tenon::c_api {

using component::Val;

inline constexpr auto absent = static_cast<component::ValKind>(TENON_ABSENT);

static_assert(sizeof(Val) == sizeof(tenon_val_t) && alignof(Val) <= alignof(tenon_val_t));

inline const Val& val_of(const tenon_val_t& value) noexcept {
  return *std::launder(reinterpret_cast<const Val*>(&value));
}
inline Val& val_of(tenon_val_t& value) noexcept { return *std::launder(reinterpret_cast<Val*>(&value)); }
// For who takes the value over.
inline tenon_val_t give(Val value) noexcept {
  tenon_val_t given;
  std::construct_at(reinterpret_cast<Val*>(&given), std::move(value));
  return given;
}
inline tenon_val_t give_absent() noexcept { return give(Val::from_bits(absent, 0)); }
inline bool is_absent(const tenon_val_t* value) noexcept { return value == nullptr || val_of(*value).kind() == absent; }
inline std::span<const Val> vals_of(const tenon_val_t* values, std::size_t count) noexcept {
  if (values == nullptr) return {};
  return {&val_of(*values), count};
}
inline const tenon_val_t* lend(std::span<const Val> values) noexcept {
  return reinterpret_cast<const tenon_val_t*>(values.data());
}
// The one result of a function, if it has one.
inline Val result_of(std::vector<Val>& results) noexcept {
  return results.empty() ? Val::from_bits(absent, 0) : std::move(results.front());
}

inline std::string_view text_of(const char* text) noexcept { return text == nullptr ? std::string_view() : text; }

tenon_error_t* give(Error error);
Error take(tenon_error_t* error);
// For NULL where something is needed.
tenon_error_t* missing(const char* what);

// NULL, or the error; what the result holds becomes `*out`.
tenon_error_t* give(Result<void> result);
template <class T, class Out, class Make>
tenon_error_t* give(Result<T> result, Out** out, Make make) {
  if (!result) return give(std::move(result).error());
  *out = make(*std::move(result));
  return nullptr;
}

// What a callback is given, and how it goes.
inline std::shared_ptr<void> own_data(void* data, void (*finalize)(void*)) {
  if (finalize == nullptr) return {data, [](void*) {}};
  return {data, finalize};
}

inline Store* store_of(const wasm_store_t* store) noexcept {
  return store == nullptr || !store->state->store ? nullptr : &*store->state->store;
}

}  // namespace tenon::c_api
