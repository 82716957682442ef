// What a kernel exports: `run(n)` does n rounds of its work and gives a checksum. Kernels use no library: the same
// source is compiled for the host and for wasm32.
#ifndef TENON_BENCH_KERNEL_H
#define TENON_BENCH_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;

u32 run(u32 rounds);

static inline u32 next_random(u32* state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

#endif
