// What both sides of HTTP/2 have in common: fields, as libnghttp2 takes and gives them.
#pragma once

#include <cstdint>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string_view>
#include <vector>

#include "wasi/host/pipe.hpp"

namespace tenon::wasi::network {

using Session = std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)>;

// A session of either side: `make` is the library's function for it, `set` says what it calls, with `user`. Windows are
// the caller's to open again. nullptr: no memory.
Session make_session(decltype(&nghttp2_session_client_new2) make, void (*set)(nghttp2_session_callbacks*), void* user);

// The bytes of a name, a value or a frame.
std::string_view text_of(const std::uint8_t* bytes, std::size_t size);
// A field beside its bytes, as the standard counts.
inline constexpr std::size_t cost_of_field = 32;

// A pair for the library, which copies both and does not write to them.
nghttp2_nv pair_of(std::string_view name, std::string_view value);
// Names are in lower case on the wire. What belongs to a connection of HTTP/1 has no place here.
host::HttpFields fields_to_send(const host::HttpFields& fields);
// The fields must stay as long as the pairs.
void append_pairs(std::vector<nghttp2_nv>& pairs, const host::HttpFields& fields);
// Submits the trailers behind a body, and sets the flag that says so. Without any, nothing.
void submit_trailers(nghttp2_session* session, std::int32_t stream, const host::HttpFields& trailers,
                     std::uint32_t& flags);

}  // namespace tenon::wasi::network
