// A short loop of double arithmetic with a data-dependent exit.
#include "kernel.h"

u32 run(u32 rounds) {
  u32 sum = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 py = 0; py < 32; ++py) {
      for (u32 px = 0; px < 32; ++px) {
        const double cx = px * (3.0 / 32) - 2.2, cy = py * (2.4 / 32) - 1.2 + round * 1e-9;
        double x = 0, y = 0;
        u32 i = 0;
        for (; i < 100 && x * x + y * y <= 4; ++i) {
          const double t = x * x - y * y + cx;
          y = 2 * x * y + cy;
          x = t;
        }
        sum += i;
      }
    }
  }
  return sum;
}
