#include "wasi/network/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

namespace tenon::wasi::network {

namespace ssl = boost::asio::ssl;

TlsContext::TlsContext() {
  boost::system::error_code ignored;
  context_.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                       ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context_.set_default_verify_paths(ignored);
  context_.set_verify_mode(ssl::verify_peer);
}

bool expect_host(TlsStream& stream, const std::string& host) {
  boost::system::error_code failed;
  boost::asio::ip::make_address(host, failed);
  const bool is_name = static_cast<bool>(failed);
  // https://www.rfc-editor.org/rfc/rfc6066#section-3: names only.
  if (is_name && SSL_set_tlsext_host_name(stream.native_handle(), host.c_str()) != 1) return false;
  stream.set_verify_callback(ssl::host_name_verification(host), failed);
  return !failed;
}

}  // namespace tenon::wasi::network
