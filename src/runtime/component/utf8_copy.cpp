// Text is mostly ASCII, which is copied by blocks in the machine's vectors, looked at while they are in registers;
// where that ends, character by character. Blocks that are not ASCII as a whole are left to steps of eight bytes. Wider
// vectors are used where the processor has them: AVX2 on x86-64 takes half the time of SSE2 for what is in the first
// cache. AVX-512 is no faster: long texts are bound by the second cache then.
#include "runtime/component/utf8_copy.hpp"

#include <cstring>

#include "base/utf8.hpp"

namespace tenon::component {

namespace {

constexpr std::size_t block_bytes = 128;
constexpr std::size_t step_bytes = 8;
constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;

template <unsigned size>
using Vector [[gnu::vector_size(size)]] = std::uint64_t;

// Copies a block if all of it is ASCII.
template <unsigned size>
[[gnu::always_inline]] inline bool copy_block(const std::uint8_t* from, std::uint8_t* to) noexcept {
  constexpr std::size_t count = block_bytes / size;
  Vector<size> parts[count];
  std::memcpy(parts, from, block_bytes);
  Vector<size> bits = parts[0];
  for (std::size_t i = 1; i < count; ++i) bits |= parts[i];
  if (__builtin_reduce_or(bits & high_bits) != 0) return false;
  std::memcpy(to, parts, block_bytes);
  return true;
}

// How many bytes were copied, in blocks: the first ones, or the last ones.
template <unsigned size>
[[gnu::always_inline]] inline std::size_t copy_first_blocks(Bytes from, std::uint8_t* to) noexcept {
  std::size_t done = 0;
  while (from.size() - done >= block_bytes && copy_block<size>(from.data() + done, to + done)) done += block_bytes;
  return done;
}
template <unsigned size>
[[gnu::always_inline]] inline std::size_t copy_last_blocks(Bytes from, std::uint8_t* to) noexcept {
  std::size_t left = from.size();
  while (left >= block_bytes && copy_block<size>(from.data() + left - block_bytes, to + left - block_bytes)) {
    left -= block_bytes;
  }
  return from.size() - left;
}

#if defined(__x86_64__)
[[gnu::target("avx2"), gnu::noinline]] std::size_t copy_first_wide(Bytes from, std::uint8_t* to) noexcept {
  return copy_first_blocks<32>(from, to);
}
[[gnu::target("avx2"), gnu::noinline]] std::size_t copy_last_wide(Bytes from, std::uint8_t* to) noexcept {
  return copy_last_blocks<32>(from, to);
}
bool has_wide_vectors() noexcept { return __builtin_cpu_supports("avx2") != 0; }
#else
constexpr auto copy_first_wide = copy_first_blocks<16>;
constexpr auto copy_last_wide = copy_last_blocks<16>;
constexpr bool has_wide_vectors() noexcept { return false; }
#endif

// As many as are ASCII of the first ones, all but some.
std::size_t copy_ascii(Bytes from, std::uint8_t* to) noexcept {
  std::size_t done = 0;
  if (from.size() >= block_bytes) {
    done = has_wide_vectors() ? copy_first_wide(from, to) : copy_first_blocks<16>(from, to);
  }
  while (from.size() - done >= step_bytes) {
    const auto bytes = load_le<std::uint64_t>(from.data() + done);
    store_le(to + done, bytes);  // what is not ASCII of them is copied again
    if (const std::uint64_t others = bytes & high_bits; others != 0) {
      return done + static_cast<std::size_t>(std::countr_zero(others)) / 8;
    }
    done += step_bytes;
  }
  if (from.size() >= step_bytes && done != from.size()) {  // the last ones, together with what is in front of them
    const std::size_t last = from.size() - step_bytes;
    const auto bytes = load_le<std::uint64_t>(from.data() + last);
    if ((bytes & high_bits) == 0) {
      store_le(to + last, bytes);
      return from.size();
    }
  }
  for (; done != from.size() && from[done] < 0x80; ++done) to[done] = from[done];
  return done;
}

}  // namespace

bool copy_utf8(Bytes from, std::uint8_t* to) noexcept {
  const std::uint8_t* const end = from.data() + from.size();
  for (std::size_t done = 0; done != from.size();) {
    done += copy_ascii(from.subspan(done), to + done);
    while (done != from.size() && from[done] >= 0x80) {
      const CodePoint point = decode_utf8(from.data() + done, end);
      if (point.size == 0) return false;
      // The character as it was decoded: others may write there meanwhile.
      done += encode_utf8(point.value, reinterpret_cast<char*>(to + done));
    }
  }
  return true;
}

bool copy_utf8_backwards(Bytes from, std::uint8_t* to) noexcept {
  if (from.size() < block_bytes) return copy_utf8(from, to);
  const std::size_t done = has_wide_vectors() ? copy_last_wide(from, to) : copy_last_blocks<16>(from, to);
  return copy_utf8(from.first(from.size() - done), to);
}

}  // namespace tenon::component
