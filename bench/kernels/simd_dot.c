// Bytes that widen: products of a matrix of signed bytes with vectors, as in quantized networks.
#include "kernel.h"

typedef signed char i8;
typedef i8 bytes __attribute__((vector_size(16)));
typedef i8 half_bytes __attribute__((vector_size(8)));
typedef short words __attribute__((vector_size(16)));
typedef short half_words __attribute__((vector_size(8)));
typedef i32 lanes __attribute__((vector_size(16)));

enum { rows = 64, columns = 256 };
static bytes matrix[rows][columns / 16], vector[columns / 16];

static inline words low(bytes x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), words);
}
static inline words high(bytes x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15), words);
}
static inline lanes sums(words x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1, 2, 3), lanes) +
         __builtin_convertvector(__builtin_shufflevector(x, x, 4, 5, 6, 7), lanes);
}

u32 run(u32 rounds) {
  u32 seed = 1, result = 0;
  for (u32 i = 0; i < rows * columns; ++i) ((i8*)matrix)[i] = (i8)next_random(&seed);
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 i = 0; i < columns; ++i) ((i8*)vector)[i] = (i8)(i * 7 + round);
    for (u32 i = 0; i < rows; ++i) {
      lanes sum = {0, 0, 0, 0};
      for (u32 k = 0; k < columns / 16; ++k) {
        const bytes a = matrix[i][k], b = vector[k];
        sum += sums(low(a) * low(b)) + sums(high(a) * high(b));
      }
      result = result * 31 + (u32)(sum[0] + sum[1] + sum[2] + sum[3]);
    }
  }
  return result;
}
