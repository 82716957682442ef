// One side of a TLS connection without a connection: who has the bytes carries them.
//
// The session lies in the network library beside OpenSSL, like all of TLS; this is what both sides know of it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

class TlsSession {
 public:
  TlsSession() = default;
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  virtual ~TlsSession() = default;

  // Begins the handshake, or goes on with it. Errors: again (it waits for bytes from the other side), io.
  virtual Outcome<void> shake_hands() = 0;

  // What came from the other side, and that no more will.
  virtual void feed(std::span<const std::uint8_t> ciphertext) = 0;
  virtual void feed_end() = 0;
  // What is to be sent to it, and how many bytes that are.
  virtual std::string take() = 0;
  virtual std::size_t pending() const = 0;

  // After the handshake. Zero bytes: the other side said that it ended. Errors: again; io, also for an end that the
  // other side did not say.
  virtual Outcome<std::size_t> read(std::span<std::uint8_t> cleartext) = 0;
  virtual Outcome<void> write(std::span<const std::uint8_t> cleartext) = 0;
  // Says that there will be no more.
  virtual void end() = 0;

  // What was wrong, after an error of kind io.
  virtual std::string reason() const = 0;
};

// A server's certificate and key, as the network library has them.
class TlsIdentity {
 public:
  TlsIdentity() = default;
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  virtual ~TlsIdentity() = default;
};

}  // namespace tenon::wasi::host
