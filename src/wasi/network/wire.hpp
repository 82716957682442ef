// What lies below HTTP on a client's connection: a socket, with TLS over it where the server has a certificate.
//
// Reading and writing take what there is and never wait; `waits_to_read` and `waits_to_write` say what to wait for
// after a call that could do nothing, which under TLS may be the other direction. The handshake is part of the first
// reads. TLS is OpenSSL over the socket itself, not over bytes in memory as in session.hpp: a record is decrypted
// straight into the reader's buffer, and an idle connection holds no buffers.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <openssl/ssl.h>
#include <span>
#include <string>

#include "wasi/host/tls.hpp"

namespace tenon::wasi::network {

// What a server shows of itself to clients that speak TLS: a certificate, and its key. Shared by all threads.
class ServerTls final : public host::TlsIdentity {
 public:
  // From files in PEM, the server's own certificate first. An empty string, or what is wrong, in words.
  std::string load(const std::string& certificates, const std::string& key);
  SSL_CTX* context() const noexcept { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
};

enum class Sent : std::uint8_t { all, some, failed };
struct Got {
  enum Kind : std::uint8_t { bytes, nothing, end, failure } kind;
  std::size_t size = 0;
};

class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  explicit Wire(Socket of) : socket(std::move(of)) {}
  // Speaks TLS from now on. False: no memory.
  bool secure(const ServerTls& tls);
  bool is_secure() const noexcept { return ssl_ != nullptr; }

  Got read(std::span<char> room) noexcept;
  // Sends what the socket takes now of `output` from `written` on. When all has gone out, both are as at the beginning.
  Sent send(std::string& output, std::size_t& written) noexcept;
  // There will be no more from this side.
  void end() noexcept;

  Socket socket;
  Socket::wait_type waits_to_read = Socket::wait_read;
  Socket::wait_type waits_to_write = Socket::wait_write;

 private:
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

}  // namespace tenon::wasi::network
