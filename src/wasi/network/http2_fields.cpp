#include "wasi/network/http2_fields.hpp"

#include <algorithm>
#include <string>

namespace tenon::wasi::network {

Session make_session(decltype(&nghttp2_session_client_new2) make, void (*set)(nghttp2_session_callbacks*), void* user) {
  Session session(nullptr, nghttp2_session_del);
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* options = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return session;
  if (nghttp2_option_new(&options) == 0) {
    nghttp2_option_set_no_auto_window_update(options, 1);
    set(callbacks);
    nghttp2_session* made = nullptr;
    if (make(&made, callbacks, user, options) == 0) session.reset(made);
    nghttp2_option_del(options);
  }
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {static_cast<const char*>(static_cast<const void*>(bytes)), size};
}

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return static_cast<std::uint8_t*>(static_cast<void*>(const_cast<char*>(text.data())));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

host::HttpFields fields_to_send(const host::HttpFields& fields) {
  static constexpr std::string_view of_connections[] = {"connection", "keep-alive", "proxy-connection",
                                                        "transfer-encoding", "upgrade"};
  host::HttpFields sent;
  for (const auto& [name, value] : fields) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (std::ranges::find(of_connections, lower) == std::end(of_connections)) sent.emplace_back(lower, value);
  }
  return sent;
}

void append_pairs(std::vector<nghttp2_nv>& pairs, const host::HttpFields& fields) {
  for (const auto& [name, value] : fields) pairs.push_back(pair_of(name, value));
}

void submit_trailers(nghttp2_session* session, std::int32_t stream, const host::HttpFields& trailers,
                     std::uint32_t& flags) {
  const host::HttpFields sent = fields_to_send(trailers);
  if (sent.empty()) return;
  std::vector<nghttp2_nv> pairs;
  append_pairs(pairs, sent);
  flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  nghttp2_submit_trailer(session, stream, pairs.data(), pairs.size());
}

}  // namespace tenon::wasi::network
