// Strings into an open hash table: FNV-1a, probing, comparing.
#include "kernel.h"

enum { keys = 512, buckets = 1024, longest = 24 };
static u8 names[keys][longest];
static u32 lengths[keys];
static u32 table[buckets];
static u32 counts[keys];

static u32 hash(const u8 *name, u32 length) {
  u32 h = 2166136261u;
  for (u32 i = 0; i < length; ++i) h = (h ^ name[i]) * 16777619u;
  return h;
}

static u32 equal(const u8 *a, const u8 *b, u32 length) {
  for (u32 i = 0; i < length; ++i) {
    if (a[i] != b[i]) return 0;
  }
  return 1;
}

static void insert(u32 key) {
  u32 slot = hash(names[key], lengths[key]) & (buckets - 1);
  for (;; slot = (slot + 1) & (buckets - 1)) {
    const u32 found = table[slot];
    if (found == 0) {
      table[slot] = key + 1;
      counts[key]++;
      return;
    }
    if (lengths[found - 1] == lengths[key] && equal(names[found - 1], names[key], lengths[key])) {
      counts[found - 1]++;
      return;
    }
  }
}

u32 run(u32 rounds) {
  u32 seed = 99, sum = 0;
  for (u32 i = 0; i < keys; ++i) {
    counts[i] = 0;
    lengths[i] = 4 + next_random(&seed) % (longest - 4);
    for (u32 j = 0; j < lengths[i]; ++j) names[i][j] = (u8)('a' + next_random(&seed) % 26);
  }
  for (u32 round = 0; round < rounds; ++round) {
    if ((round & 7) == 0) {
      for (u32 i = 0; i < buckets; ++i) table[i] = 0;
    }
    for (u32 i = 0; i < keys; ++i) insert(i);
  }
  for (u32 i = 0; i < keys; ++i) sum += counts[i] * (i + 1);
  return sum;
}
