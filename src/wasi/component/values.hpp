// How functions of WASI take and give values, in every version. Their types were checked when the component was linked,
// so a function takes them as they are.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tenon/component.hpp"
#include "wasi/host/errno.hpp"

namespace tenon::wasi::inline bindings {

using component::Val;
using host::Errno;
using host::Outcome;
using host::refuse;
using Values = std::span<const Val>;
using Answer = Result<std::vector<Val>>;

// A resource: its representation is a number in one of the host's tables.
inline Val handle(std::uint64_t number) { return Val::handle({number, {}}); }
inline std::uint64_t number_of(const Val& value) { return value.handle().rep; }

inline Val bytes(std::span<const std::uint8_t> data) { return Val::packed(component::ValKind::u8, data); }
inline Val bytes(std::string_view text) {
  const void* const data = text.data();
  return bytes(std::span(static_cast<const std::uint8_t*>(data), text.size()));
}
// The bytes of a list<u8>, for as long as the value is there.
inline std::string_view text_of(const Val& value) {
  const auto data = value.packed_bytes();
  const void* const start = data.data();
  return {static_cast<const char*>(start), data.size()};
}
inline Val record(std::initializer_list<Val> fields) { return Val::record({fields.begin(), fields.size()}); }
inline Val optional_text(const std::optional<std::string>& text) {
  return text ? Val::some(Val::string(*text)) : Val::none();
}

inline Answer one(Val value) { return std::vector<Val>{std::move(value)}; }
inline Answer nothing() { return std::vector<Val>{}; }
// Results: without a payload, or with one.
inline Answer ok() { return one(Val::ok()); }
inline Answer ok(Val value) { return one(Val::ok(std::move(value))); }
inline Answer refused() { return one(Val::error()); }

}  // namespace tenon::wasi::inline bindings
