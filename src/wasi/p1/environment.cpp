// Arguments, environment, clocks, random bytes, and the end.
#include <numeric>
#include <sched.h>

#include "wasi/host/clocks.hpp"
#include "wasi/host/random.hpp"
#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

namespace {

std::uint32_t text_size(const std::vector<std::string>& strings) {
  return std::accumulate(strings.begin(), strings.end(), std::uint32_t{0}, [](std::uint32_t sum, const auto& string) {
    return sum + static_cast<std::uint32_t>(string.size()) + 1;
  });
}

Errno put_sizes(const std::vector<std::string>& strings, Out<std::uint32_t> count, Out<std::uint32_t> bytes) {
  count.set(static_cast<std::uint32_t>(strings.size()));
  bytes.set(text_size(strings));
  return Errno::success;
}

Errno put_strings(const std::vector<std::string>& strings, GuestMemory memory, Pointer pointers, Pointer text) {
  const auto list = memory.region(pointers.address, static_cast<std::uint32_t>(strings.size()), 4);
  const auto bytes = memory.region(text.address, text_size(strings));
  if (!list || !bytes) return Errno::fault;
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < strings.size(); ++i) {
    list->put<std::uint32_t>(4 * i, text.address + at);
    std::memcpy(bytes->bytes.data() + at, strings[i].c_str(), strings[i].size() + 1);
    at += static_cast<std::uint32_t>(strings[i].size()) + 1;
  }
  return Errno::success;
}

template <class Read>
Errno put_clock(std::uint32_t clock, Out<std::uint64_t> result, Read read) {
  if (clock >= host::clock_count) return Errno::inval;
  const auto time = read(static_cast<host::Clock>(clock));
  if (!time) return time.error();
  result.set(*time);
  return Errno::success;
}

}  // namespace

Errno Process::args_get(GuestMemory memory, Pointer pointers, Pointer text) {
  return put_strings(arguments_, memory, pointers, text);
}

Errno Process::args_sizes_get(Out<std::uint32_t> count, Out<std::uint32_t> bytes) {
  return put_sizes(arguments_, count, bytes);
}

Errno Process::environ_get(GuestMemory memory, Pointer pointers, Pointer text) {
  return put_strings(environment_, memory, pointers, text);
}

Errno Process::environ_sizes_get(Out<std::uint32_t> count, Out<std::uint32_t> bytes) {
  return put_sizes(environment_, count, bytes);
}

Errno Process::clock_res_get(std::uint32_t clock, Out<std::uint64_t> result) {
  return put_clock(clock, result, host::resolution);
}

// The precision is how old the answer may be: it is never old.
Errno Process::clock_time_get(std::uint32_t clock, std::uint64_t, Out<std::uint64_t> result) {
  return put_clock(clock, result, host::now);
}

Errno Process::random_get(Bytes bytes) { return error_of(host::fill_random(bytes.bytes)); }

Errno Process::sched_yield() {
  ::sched_yield();
  return Errno::success;
}

// No signals here.
Errno Process::proc_raise(std::uint32_t) { return Errno::notsup; }

}  // namespace tenon::wasi::p1
