// Address space that stores have given back, kept for the next ones: making and releasing a reservation, and touching
// fresh pages, is most of what a short-lived instance would cost otherwise.
//
// What is kept is clean: its accessible bytes are zero, and those pages behind them are there that were used before.
// Of larger spans only these are written: the system knows them. One pool serves all
// stores of an engine, on any threads; it is a short array under a lock that is never held across a call of the system.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/brief_lock.hpp"

namespace tenon::runtime {

// A reservation whose first bytes are accessible.
struct Span {
  std::uint8_t* address = nullptr;
  std::size_t reserved = 0;
  std::size_t accessible = 0;
  bool is_resident = false;  // most of its pages are there: not worth asking which
};

class Pool {
 public:
  Pool() noexcept = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  // A reservation of exactly these sizes, or one without address.
  Span take(std::size_t reserved, std::size_t accessible) noexcept;
  // Keeps the reservation, of which at most the first `used` bytes are not zero, in place of an older one if there are
  // many, or releases it. What is accessible behind the first `wanted` bytes, whole pages, is made inaccessible.
  void give(Span span, std::size_t used, std::size_t wanted) noexcept;
  // Releases all, so that the system has room for something else; false if there was nothing.
  bool clear() noexcept;

 private:
  static constexpr std::size_t capacity = 64;
  // Up to here, writing zeros is quicker than new pages.
  static constexpr std::size_t most_written = std::size_t{256} << 10;
  // To ask which pages were used takes as long as to write a little less.
  static constexpr std::size_t least_asked = std::size_t{128} << 10;
  // What has more, and more used than is written, is not worth being kept: to make it clean is slower than to make it.
  static constexpr std::size_t most_discarded = std::size_t{1} << 20;

  static bool clean(Span& span, std::size_t used, std::size_t wanted) noexcept;
  static bool write_touched(Span& span, std::size_t used) noexcept;

  BriefLock lock_;
  std::size_t count_ = 0;
  std::size_t next_to_go_ = 0;  // in turn, when there are too many
  std::array<Span, capacity> kept_;
};

}  // namespace tenon::runtime
