// A client's TLS session over bytes in memory, by OpenSSL.
#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>

#include "wasi/host/tls.hpp"

namespace tenon::wasi::network {

class Session final : public host::TlsSession {
 public:
  // The other side's certificate must be for this host: a name, or an address.
  Session(SSL_CTX& context, const std::string& host);

  host::Outcome<void> shake_hands() override;
  void feed(std::span<const std::uint8_t> ciphertext) override;
  void feed_end() override;
  std::string take() override;
  std::size_t pending() const override { return ssl_ == nullptr ? 0 : BIO_ctrl_pending(output_); }
  host::Outcome<std::size_t> read(std::span<std::uint8_t> cleartext) override;
  host::Outcome<void> write(std::span<const std::uint8_t> cleartext) override;
  void end() override;
  std::string reason() const override { return reason_; }

 private:
  bool expect(const std::string& host);
  // Why a function of OpenSSL gave `result`.
  host::Errno error_of(int result);

  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* input_ = nullptr;  // the session's
  BIO* output_ = nullptr;
  std::string reason_;
};

}  // namespace tenon::wasi::network
