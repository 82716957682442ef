// HTTP/1.1 messages as bytes: Beast's parser with what Tenon keeps of a message, and heads written.
//
// The parser is given what a connection has read and takes as much of it as it understands; bodies go straight into
// their pipe. Beast's own message types would copy both.
#pragma once

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "wasi/host/http.hpp"

namespace tenon::wasi::network {

namespace beast = boost::beast;

inline std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

// Whether the names are the same, without case.
bool is_same_name(std::string_view a, std::string_view b) noexcept;
const std::string* find_field(const host::HttpFields& fields, std::string_view name) noexcept;
std::string_view reason_of(std::uint16_t status) noexcept;
void append_fields(std::string& out, const host::HttpFields& fields);
// A piece of a body in chunked coding; nothing for an empty one, which would be the end.
void append_chunk(std::string& out, std::string_view bytes);
void append_last_chunk(std::string& out, const std::optional<host::HttpFields>& trailers);

template <bool is_request>
class Parser final : public beast::http::basic_parser<is_request> {
 public:
  using error_code = beast::error_code;

  std::string method;
  std::string target;
  int version = 11;
  int status = 0;
  host::HttpFields headers;
  host::HttpFields trailers;
  std::shared_ptr<host::Pipe> body;  // to be set before the body comes
  bool has_header = false;
  bool has_ended = false;
  bool is_upload_expected = false;  // "Expect: 100-continue"

 private:
  void on_request_impl(beast::http::verb, beast::string_view name, beast::string_view wanted, int number,
                       error_code& error) override {
    error = {};
    method.assign(name.data(), name.size());
    target.assign(wanted.data(), wanted.size());
    version = number;
  }
  void on_response_impl(int code, beast::string_view, int number, error_code& error) override {
    error = {};
    status = code;
    version = number;
  }
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    error = {};
    if (field == beast::http::field::expect && beast::iequals(value, "100-continue")) is_upload_expected = true;
    (has_header ? trailers : headers).emplace_back(view(name), view(value));
  }
  void on_header_impl(error_code& error) override {
    error = {};
    has_header = true;
  }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code& error) override { error = {}; }
  std::size_t on_body_impl(beast::string_view bytes, error_code& error) override {
    error = {};
    body->write(view(bytes));
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(error_code& error) override {
    error = {};
    has_ended = true;
  }
};

}  // namespace tenon::wasi::network
