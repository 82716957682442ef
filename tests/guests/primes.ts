// AssemblyScript: numbers, strings and arrays, on its own run-time library.
class Sieve {
  private marks: Uint8Array;
  constructor(private below: i32) {
    this.marks = new Uint8Array(below);
  }
  count(): i32 {
    let found = 0;
    for (let n = 2; n < this.below; ++n) {
      if (this.marks[n]) continue;
      ++found;
      for (let multiple = n * 2; multiple < this.below; multiple += n) this.marks[multiple] = 1;
    }
    return found;
  }
}

export function primes_below(below: i32): i32 {
  return new Sieve(below).count();
}

export function letters(times: i32): i32 {
  let text = "";
  for (let i = 0; i < times; ++i) text += "héllo".toUpperCase();
  return text.split("L").length;
}

export function root(x: f64): f64 {
  return Math.sqrt(x);
}
