// wasi:http's plain values: methods, schemes, errors, and what their syntax allows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tenon/component_values.hpp"
#include "wasi/host/http.hpp"

namespace tenon::wasi::http {

component::Val method_value(std::string_view method);
// nullopt: not a method.
std::optional<std::string> read_method(const component::Val& value);
component::Val scheme_value(std::string_view scheme);
std::optional<std::string> read_scheme(const component::Val& value);

component::Val error_value(const host::HttpFailure& failure);
// The status that a server answers with when its guest gives an error instead of a response.
std::uint16_t status_of(host::HttpError error) noexcept;

// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 and 5.5
bool is_alphanumeric(char c) noexcept;
bool is_token(std::string_view text) noexcept;
bool is_field_value(std::string_view text) noexcept;
bool is_same_name(std::string_view a, std::string_view b) noexcept;
// Of a connection, not of a message: guests neither see nor set these.
bool is_forbidden_name(std::string_view name) noexcept;
// https://www.rfc-editor.org/rfc/rfc3986#section-3.2 and 3.3: as far as it must hold to be put in a message.
bool is_authority(std::string_view text) noexcept;
bool is_target(std::string_view text) noexcept;
// What an authority says: HOST, HOST:PORT, [ADDRESS]:PORT, where `port` stands for none; a user in front of it is
// refused.
std::optional<std::pair<std::string, std::uint16_t>> split_authority(std::string_view text, std::uint16_t port);
// Content-Length, if there is one that is a number.
std::optional<std::uint64_t> stated_length(const host::HttpFields& fields) noexcept;

}  // namespace tenon::wasi::http
