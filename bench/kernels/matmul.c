// Nested loops over doubles: a product of matrices.
#include "kernel.h"

enum { n = 64 };
static double a[n][n], b[n][n], c[n][n];

u32 run(u32 rounds) {
  for (u32 i = 0; i < n; ++i) {
    for (u32 j = 0; j < n; ++j) {
      a[i][j] = (double)(i + j) / n;
      b[i][j] = (double)(i * 3 + j) / n;
    }
  }
  double trace = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 i = 0; i < n; ++i) {
      for (u32 j = 0; j < n; ++j) {
        double sum = 0;
        for (u32 k = 0; k < n; ++k) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    }
    for (u32 i = 0; i < n; ++i) trace += c[i][i];
    a[round % n][0] += 1;
  }
  return (u32)trace;
}
