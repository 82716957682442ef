// A client's connection to the server, whatever it speaks: as the reactor keeps it, and as those who answer see it.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "wasi/host/http.hpp"
#include "wasi/network/reactor.hpp"
#include "wasi/network/wire.hpp"

namespace tenon::wasi::network {

class Incoming {
 public:
  virtual ~Incoming() = default;
  virtual void close() = 0;
  // Nothing more is begun; what is under way may end.
  virtual void finish_if_idle() = 0;
  virtual void check_time(Clock::time_point now) = 0;

  // Of the exchange that `number` names; without effect when it is over.
  virtual void respond(std::uint64_t number, host::HttpResponse response) = 0;
  virtual void inform(std::uint64_t number, std::uint16_t status, const host::HttpFields& headers) = 0;
  virtual void refuse(std::uint64_t number, std::uint16_t status) = 0;
  virtual bool has_responded(std::uint64_t number) const = 0;

  std::list<std::shared_ptr<Incoming>>::iterator place{};  // the reactor's
};

// An exchange as the handler has it.
class Exchange final : public host::HttpExchange {
 public:
  Exchange(std::shared_ptr<Incoming> connection, std::uint64_t number)
      : connection_(std::move(connection)), number_(number) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override { connection_->refuse(number_, 500); }
  void respond(host::HttpResponse response) override { connection_->respond(number_, std::move(response)); }
  void inform(std::uint16_t status, host::HttpFields headers) override {
    connection_->inform(number_, status, headers);
  }
  void refuse(std::uint16_t status) override { connection_->refuse(number_, status); }
  bool has_responded() const override { return connection_->has_responded(number_); }

 private:
  std::shared_ptr<Incoming> connection_;
  std::uint64_t number_;
};

// A page of the server's own, which says what the status says and no more.
host::HttpResponse page_of(std::uint16_t status);

}  // namespace tenon::wasi::network
