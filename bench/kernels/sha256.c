// Rotations and table look-ups in 32 bits: SHA-256.
#include "kernel.h"

static u32 k[64];
static u32 state[8];

static u32 rotate(u32 x, u32 n) { return x >> n | x << (32 - n); }

static void make_constants(void) {
  u32 seed = 0x428a2f98;
  for (u32 i = 0; i < 64; ++i) k[i] = next_random(&seed);
}

static void compress(const u8 *block) {
  u32 w[64];
  for (u32 i = 0; i < 16; ++i) {
    w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 | (u32)block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (u32 i = 16; i < 64; ++i) {
    const u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3];
  u32 e = state[4], f = state[5], g = state[6], h = state[7];
  for (u32 i = 0; i < 64; ++i) {
    const u32 s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const u32 t1 = h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i];
    const u32 s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const u32 t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

u32 run(u32 rounds) {
  static u8 block[64];
  make_constants();
  for (u32 i = 0; i < 64; ++i) block[i] = 0;
  for (u32 i = 0; i < 8; ++i) state[i] = 0x6a09e667u * (i + 1);
  for (u32 round = 0; round < rounds; ++round) {
    block[round & 63] += (u8)(round + 1);
    compress(block);
  }
  return state[0] ^ state[7];
}
