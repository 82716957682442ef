// A guest: it counts the primes below a limit, and keeps the sieve in its own memory.
#define EXPORT(name) __attribute__((export_name(name)))

static unsigned char composite[1 << 16];

EXPORT("primes_below") int primes_below(int limit) {
  if (limit > (int)sizeof composite) limit = (int)sizeof composite;
  int count = 0;
  for (int i = 2; i < limit; ++i) {
    if (composite[i]) continue;
    ++count;
    for (int multiple = 2 * i; multiple < limit; multiple += i) composite[multiple] = 1;
  }
  return count;
}
