// Moving memory: loops by byte and by word, with overlap, and the bulk instructions.
#include "kernel.h"

enum { size = 4096 };
static u8 from[size], to[size];

__attribute__((noinline)) static void copy_bytes(u8 *restrict d, const u8 *restrict s, u32 n) {
#pragma clang loop vectorize(disable) unroll(disable)
  for (u32 i = 0; i < n; ++i) {
    d[i] = s[i];
    __asm__ volatile("" : : : "memory");
  }
}

__attribute__((noinline)) static void move_words(u64 *d, const u64 *s, u32 n) {
  if (d < s) {
    for (u32 i = 0; i < n; ++i) d[i] = s[i];
  } else {
    for (u32 i = n; i > 0; --i) d[i - 1] = s[i - 1];
  }
}

u32 run(u32 rounds) {
  u32 seed = 5, sum = 0;
  for (u32 i = 0; i < size; ++i) from[i] = (u8)next_random(&seed);
  for (u32 round = 0; round < rounds; ++round) {
    const u32 n = 512 + (round * 37) % 1024;
    copy_bytes(to, from + (round & 15), n);
    move_words((u64 *)to + (round & 3), (u64 *)to, n / 8);
    __builtin_memcpy(from + 2048, to, 64 + (round & 63));
    sum = sum * 31 + to[n / 2];
  }
  return sum;
}
