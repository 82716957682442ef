// Whole numbers in vectors of four lanes, with shifts and shuffles: ChaCha20's blocks, a row of the state a vector.
#include "kernel.h"

typedef u32 row __attribute__((vector_size(16)));

enum { blocks = 64 };
static row output[blocks][4];

static inline row rotate(row x, u32 by) { return x << by | x >> (32 - by); }

#define QUARTERS(a, b, c, d)                                   \
  a += b, d = rotate(d ^ a, 16), c += d, b = rotate(b ^ c, 12), \
      a += b, d = rotate(d ^ a, 8), c += d, b = rotate(b ^ c, 7)

static void block(row key_low, row key_high, row counter, row* to) {
  const row constants = {0x61707865, 0x3320646E, 0x79622D32, 0x6B206574};
  row a = constants, b = key_low, c = key_high, d = counter;
  for (u32 i = 0; i < 10; ++i) {
    QUARTERS(a, b, c, d);
    b = __builtin_shufflevector(b, b, 1, 2, 3, 0);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 3, 0, 1, 2);
    QUARTERS(a, b, c, d);
    b = __builtin_shufflevector(b, b, 3, 0, 1, 2);
    c = __builtin_shufflevector(c, c, 2, 3, 0, 1);
    d = __builtin_shufflevector(d, d, 1, 2, 3, 0);
  }
  to[0] = a + constants;
  to[1] = b + key_low;
  to[2] = c + key_high;
  to[3] = d + counter;
}

u32 run(u32 rounds) {
  row sum = {0, 0, 0, 0};
  for (u32 round = 0; round < rounds; ++round) {
    const row key_low = {round, 1, 2, 3}, key_high = {4, 5, 6, 7};
    for (u32 i = 0; i < blocks; ++i) block(key_low, key_high, (row){i, 0, round, 9}, output[i]);
    sum += output[round % blocks][0] ^ output[blocks - 1][3];
  }
  return sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}
