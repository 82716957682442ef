#include "wasi/network/wire.hpp"

#include <cerrno>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <system_error>

namespace tenon::wasi::network {

namespace {

// The protocols that the server speaks, the better first (RFC 7301).
constexpr unsigned char protocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, protocols, sizeof protocols, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// Why a file was not taken: the first error is the cause.
std::string why() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) return "there is none in PEM";
  if (ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH) {
    return "it is not that of the certificate";
  }
  const char* const text = ERR_reason_error_string(error);
  return text != nullptr ? text : "it cannot be read";
}

}  // namespace

std::string ServerTls::load(const std::string& certificates, const std::string& key) {
  context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = context_.get();
  if (context == nullptr) return "out of memory";
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, certificates.c_str()) != 1) {
    return "the certificate " + certificates + ": " + why();
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) return "the key " + key + ": " + why();
  return {};
}

bool Wire::secure(const ServerTls& tls) {
  ssl_.reset(SSL_new(tls.context()));
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket.native_handle()) != 1) return false;
  SSL_set_accept_state(ssl_.get());
  return true;
}

Got Wire::read(std::span<char> room) noexcept {
  if (ssl_ == nullptr) {
    const ssize_t got = ::recv(socket.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (got > 0) return {Got::bytes, static_cast<std::size_t>(got)};
    if (got == 0) return {Got::end};
    return {errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Got::nothing : Got::failure};
  }
  ERR_clear_error();
  std::size_t size = 0;
  const int done = SSL_read_ex(ssl_.get(), room.data(), room.size(), &size);
  if (done == 1) return {Got::bytes, size};
  switch (SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ: waits_to_read = Socket::wait_read; return {Got::nothing};
    case SSL_ERROR_WANT_WRITE: waits_to_read = Socket::wait_write; return {Got::nothing};
    case SSL_ERROR_ZERO_RETURN: return {Got::end};
    default: return {Got::failure};
  }
}

Sent Wire::send(std::string& output, std::size_t& written) noexcept {
  while (written < output.size()) {
    if (ssl_ == nullptr) {
      const ssize_t put =
          ::send(socket.native_handle(), output.data() + written, output.size() - written, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put >= 0) {
        written += static_cast<std::size_t>(put);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return Sent::some;
      } else if (errno != EINTR) {
        return Sent::failed;
      }
      continue;
    }
    ERR_clear_error();
    std::size_t put = 0;
    const int done = SSL_write_ex(ssl_.get(), output.data() + written, output.size() - written, &put);
    if (done == 1) {
      written += put;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Sent::failed;
    waits_to_write = error == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
    return Sent::some;
  }
  output.clear();
  written = 0;
  return Sent::all;
}

void Wire::end() noexcept {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ::shutdown(socket.native_handle(), SHUT_WR);
}

}  // namespace tenon::wasi::network
