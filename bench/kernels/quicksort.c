// Comparisons, swaps and recursion: quicksort with an insertion sort for short runs.
#include "kernel.h"

enum { size = 8192 };
static u32 data[size];

static void sort(u32 *a, i32 low, i32 high) {
  while (high - low > 12) {
    const u32 pivot = a[low + (high - low) / 2];
    i32 i = low, j = high;
    while (i <= j) {
      while (a[i] < pivot) ++i;
      while (a[j] > pivot) --j;
      if (i <= j) {
        const u32 t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    if (j - low < high - i) {
      sort(a, low, j);
      low = i;
    } else {
      sort(a, i, high);
      high = j;
    }
  }
  for (i32 i = low + 1; i <= high; ++i) {
    const u32 v = a[i];
    i32 j = i;
    for (; j > low && a[j - 1] > v; --j) a[j] = a[j - 1];
    a[j] = v;
  }
}

u32 run(u32 rounds) {
  u32 seed = 12345, sum = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 i = 0; i < size; ++i) data[i] = next_random(&seed);
    sort(data, 0, size - 1);
    sum = sum * 31 + data[round % size];
  }
  return sum;
}
