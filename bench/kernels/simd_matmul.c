// Floats in vectors of four lanes: a product of matrices, four columns at once.
#include "kernel.h"

typedef float lanes __attribute__((vector_size(16)));

enum { n = 64 };
static float a[n][n];
static lanes b[n][n / 4], c[n][n / 4];

u32 run(u32 rounds) {
  for (u32 i = 0; i < n; ++i) {
    for (u32 j = 0; j < n; ++j) {
      a[i][j] = (float)(i + j) / n;
      b[i][j / 4][j % 4] = (float)(i * 3 + j) / n;
    }
  }
  float trace = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 i = 0; i < n; ++i) {
      for (u32 j = 0; j < n / 4; j += 2) {
        lanes left = {0, 0, 0, 0}, right = {0, 0, 0, 0};
        for (u32 k = 0; k < n; ++k) {
          left += a[i][k] * b[k][j];
          right += a[i][k] * b[k][j + 1];
        }
        c[i][j] = left;
        c[i][j + 1] = right;
      }
    }
    for (u32 i = 0; i < n; ++i) trace += c[i][i / 4][i % 4];
    a[round % n][0] += 1;
  }
  return (u32)trace;
}
