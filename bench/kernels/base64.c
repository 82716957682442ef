// Bytes through a table: base64, there and back.
#include "kernel.h"

enum { size = 3072 };
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static u8 input[size], output[size], text[size / 3 * 4], values[256];

static void encode(void) {
  for (u32 i = 0, o = 0; i < size; i += 3) {
    const u32 v = (u32)input[i] << 16 | (u32)input[i + 1] << 8 | input[i + 2];
    text[o++] = (u8)digits[v >> 18];
    text[o++] = (u8)digits[v >> 12 & 63];
    text[o++] = (u8)digits[v >> 6 & 63];
    text[o++] = (u8)digits[v & 63];
  }
}

static void decode(void) {
  for (u32 i = 0, o = 0; o < size; i += 4) {
    const u32 v = (u32)values[text[i]] << 18 | (u32)values[text[i + 1]] << 12 | (u32)values[text[i + 2]] << 6 |
                  values[text[i + 3]];
    output[o++] = (u8)(v >> 16);
    output[o++] = (u8)(v >> 8);
    output[o++] = (u8)v;
  }
}

u32 run(u32 rounds) {
  u32 seed = 7, sum = 0;
  for (u32 i = 0; i < 64; ++i) values[(u8)digits[i]] = (u8)i;
  for (u32 i = 0; i < size; ++i) input[i] = (u8)next_random(&seed);
  for (u32 round = 0; round < rounds; ++round) {
    encode();
    decode();
    sum = sum * 31 + output[round % size];
    input[round % size] ^= (u8)round;
  }
  return sum;
}
