#include "wasi/network/session.hpp"

#include <limits>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace tenon::wasi::network {

using host::Errno;
using host::refuse;

namespace {

int size_for_openssl(std::size_t size) {
  return static_cast<int>(std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

Session::Session(SSL_CTX& context, const std::string& host)
    : ssl_(SSL_new(&context), SSL_free), input_(BIO_new(BIO_s_mem())), output_(BIO_new(BIO_s_mem())) {
  if (ssl_ == nullptr || input_ == nullptr || output_ == nullptr) {
    BIO_free(input_);
    BIO_free(output_);
    ssl_ = nullptr;
    reason_ = "out of memory";
    return;
  }
  BIO_set_mem_eof_return(input_, -1);
  SSL_set_bio(ssl_.get(), input_, output_);
  SSL_set_connect_state(ssl_.get());
  SSL_set_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);  // so that writing never waits for the other side
  if (!expect(host)) reason_ = "the server's name cannot be one: " + host;
}

bool Session::expect(const std::string& host) {
  if (host.empty() || host.find('\0') != std::string::npos) return false;
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_.get());
  ERR_clear_error();
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return true;
  ERR_clear_error();
  SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // https://www.rfc-editor.org/rfc/rfc6066#section-3: names only.
  return SSL_set1_host(ssl_.get(), host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
}

Errno Session::error_of(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Errno::again;
  const long verified = SSL_get_verify_result(ssl_.get());
  const char* const text = ERR_reason_error_string(ERR_peek_error());
  if (verified != X509_V_OK) {
    reason_ = std::string("the server's certificate is not to be trusted: ") + X509_verify_cert_error_string(verified);
  } else {
    reason_ = text != nullptr ? text : "the connection ended early";
  }
  ERR_clear_error();
  return Errno::io;
}

host::Outcome<void> Session::shake_hands() {
  if (!reason_.empty()) return refuse(Errno::io);
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return {};
  return refuse(error_of(result));
}

void Session::feed(std::span<const std::uint8_t> ciphertext) {
  if (ssl_ != nullptr) BIO_write(input_, ciphertext.data(), size_for_openssl(ciphertext.size()));
}
void Session::feed_end() {
  if (ssl_ != nullptr) BIO_set_mem_eof_return(input_, 0);
}

std::string Session::take() {
  std::string bytes(pending(), '\0');
  if (bytes.empty()) return bytes;
  const int taken = BIO_read(output_, bytes.data(), size_for_openssl(bytes.size()));
  bytes.resize(taken > 0 ? static_cast<std::size_t>(taken) : 0);
  return bytes;
}

host::Outcome<std::size_t> Session::read(std::span<std::uint8_t> cleartext) {
  ERR_clear_error();
  const int got = SSL_read(ssl_.get(), cleartext.data(), size_for_openssl(cleartext.size()));
  if (got > 0) return static_cast<std::size_t>(got);
  if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN) return 0;
  return refuse(error_of(got));
}

host::Outcome<void> Session::write(std::span<const std::uint8_t> cleartext) {
  if (cleartext.empty()) return {};
  ERR_clear_error();
  const int put = SSL_write(ssl_.get(), cleartext.data(), size_for_openssl(cleartext.size()));
  if (put > 0) return {};
  return refuse(error_of(put));
}

void Session::end() {
  ERR_clear_error();
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace tenon::wasi::network
