// What crossing the border costs in the runtime's own terms: nanoseconds for a call from the host into a guest, and
// from a guest to a host function, each adding two numbers.
#include <cstdio>
#include <string_view>

#include "guest.hpp"

namespace {

using namespace tenon;

// (module (import "" "add" (func (param i32 i32) (result i32)))
//   (func (export "run") (param i32) (result i32) (local i32)
//     (loop (local.set 1 (call 0 (local.get 1) (local.get 0)))
//       (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
//     (local.get 1))
//   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
constexpr std::uint8_t module[] = {
    0x00, 'a',  's',  'm',  0x01, 0x00, 0x00, 0x00, 0x01, 0x0C, 0x02, 0x60, 0x02, 0x7F, 0x7F, 0x01, 0x7F, 0x60,
    0x01, 0x7F, 0x01, 0x7F, 0x02, 0x08, 0x01, 0x00, 0x03, 'a',  'd',  'd',  0x00, 0x00, 0x03, 0x03, 0x02, 0x01,
    0x00, 0x07, 0x0D, 0x02, 0x03, 'r',  'u',  'n',  0x00, 0x01, 0x03, 'a',  'd',  'd',  0x00, 0x02, 0x0A, 0x24,
    0x02, 0x1A, 0x01, 0x01, 0x7F, 0x03, 0x40, 0x20, 0x01, 0x20, 0x00, 0x10, 0x00, 0x21, 0x01, 0x20, 0x00, 0x41,
    0x01, 0x6B, 0x22, 0x00, 0x0D, 0x00, 0x0B, 0x20, 0x01, 0x0B, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6A, 0x0B};

runtime::Outcome add(runtime::Thread&, const runtime::Func&, runtime::Slot* frame) noexcept {
  frame[0] = static_cast<std::uint32_t>(frame[0] + frame[1]);
  return runtime::Outcome::returned;
}

}  // namespace

int main() {
  constexpr std::uint32_t calls = 2'000'000;
  bench::Guest guest(std::vector<std::uint8_t>(std::begin(module), std::end(module)), {}, &add);
  const double out = bench::seconds([&] { guest.run(calls); });
  runtime::Thread& thread = *runtime::acquire_thread(guest.store()).value();
  const runtime::Func& func = *guest.find("add");
  const double in = bench::seconds([&] {
    runtime::Slot values[2] = {0, 1};
    for (std::uint32_t i = 0; i < calls; ++i) {
      values[1] = i;
      if (!runtime::call_on(thread, func, values)) return;
    }
  });
  std::printf("host to guest %5.1f ns\nguest to host %5.1f ns\n", in / calls * 1e9, out / calls * 1e9);
}
