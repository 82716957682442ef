// Byte stores at growing strides: the sieve of Eratosthenes.
#include "kernel.h"

enum { size = 65536 };
static u8 composite[size];

u32 run(u32 rounds) {
  u32 primes = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 i = 0; i < size; ++i) composite[i] = 0;
    for (u32 i = 2; i * i < size; ++i) {
      if (composite[i]) continue;
      for (u32 j = i * i; j < size; j += i) composite[j] = 1;
    }
    for (u32 i = 2; i < size; ++i) primes += !composite[i];
  }
  return primes;
}
