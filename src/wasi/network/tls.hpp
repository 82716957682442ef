// TLS for outgoing requests, by OpenSSL: certificates are checked against the system's (or those that SSL_CERT_FILE and
// SSL_CERT_DIR name), and against the host's name.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

namespace tenon::wasi::network {

class TlsContext {
 public:
  TlsContext();
  boost::asio::ssl::context& context() noexcept { return context_; }

 private:
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_client};
};

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;
// Sets what is checked of the other side. False: the name cannot be one.
bool expect_host(TlsStream& stream, const std::string& host);

}  // namespace tenon::wasi::network
