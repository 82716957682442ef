#include "jit/digest.hpp"

#include <algorithm>
#include <bit>

namespace tenon::jit {

namespace {

constexpr std::array<std::uint64_t, 8> initial = {0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B,
                                                  0xA54FF53A5F1D36F1, 0x510E527FADE682D1, 0x9B05688C2B3E6C1F,
                                                  0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};

// The order in which each round takes the words of a block; the eleventh and twelfth are the first two again.
constexpr std::uint8_t order[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

struct Work {
  std::uint64_t v[16];
  void mix(int a, int b, int c, int d, std::uint64_t x, std::uint64_t y) noexcept {
    v[a] += v[b] + x;
    v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 63);
  }
};

}  // namespace

Hasher::Hasher() noexcept : state_(initial) {
  state_[0] ^= 0x0101'0000 ^ sizeof(Digest);  // no key, no tree, this length
}

void Hasher::compress(const std::uint8_t* block, bool is_last) noexcept {
  std::uint64_t m[16];
  for (int i = 0; i < 16; ++i) m[i] = load_le<std::uint64_t>(block + 8 * i);
  Work work;
  std::copy_n(state_.data(), 8, work.v);
  std::copy_n(initial.data(), 8, work.v + 8);
  work.v[12] ^= total_;
  if (is_last) work.v[14] = ~work.v[14];
  for (int round = 0; round < 12; ++round) {
    const std::uint8_t* s = order[round % 10];
    work.mix(0, 4, 8, 12, m[s[0]], m[s[1]]);
    work.mix(1, 5, 9, 13, m[s[2]], m[s[3]]);
    work.mix(2, 6, 10, 14, m[s[4]], m[s[5]]);
    work.mix(3, 7, 11, 15, m[s[6]], m[s[7]]);
    work.mix(0, 5, 10, 15, m[s[8]], m[s[9]]);
    work.mix(1, 6, 11, 12, m[s[10]], m[s[11]]);
    work.mix(2, 7, 8, 13, m[s[12]], m[s[13]]);
    work.mix(3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) state_[static_cast<std::size_t>(i)] ^= work.v[i] ^ work.v[i + 8];
}

// The last block is compressed in `finish`, so a full buffer waits until more comes.
void Hasher::add(Bytes bytes) noexcept {
  while (!bytes.empty()) {
    if (used_ == block_size) {
      total_ += block_size;
      compress(buffer_.data(), false);
      used_ = 0;
    }
    while (used_ == 0 && bytes.size() > block_size) {
      total_ += block_size;
      compress(bytes.data(), false);
      bytes = bytes.subspan(block_size);
    }
    const std::size_t count = std::min(block_size - used_, bytes.size());
    std::copy_n(bytes.data(), count, buffer_.data() + used_);
    used_ += count;
    bytes = bytes.subspan(count);
  }
}

Digest Hasher::finish() noexcept {
  total_ += used_;
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), buffer_.end(), std::uint8_t{0});
  compress(buffer_.data(), true);
  Digest digest;
  for (std::size_t i = 0; i < 4; ++i) store_le(digest.data() + 8 * i, state_[i]);
  return digest;
}

}  // namespace tenon::jit
