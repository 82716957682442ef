#!/bin/sh
# Shows what Tenon does with a real module: clang compiles a guest; Tenon checks it, shows it, runs it and strips it, and
# refuses a broken one.
# usage: run.sh PROGRAM
set -eu
tenon=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { step "$*" && "$@"; }

cp primes.c "$work" && cd "$work"
tenon() { "$tenon" "$@"; }
show clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry primes.c -o primes.wasm
show tenon validate primes.wasm
show tenon objdump --sections primes.wasm
show tenon print --skeleton primes.wasm
show tenon run primes.wasm --invoke primes_below 1000
show tenon strip primes.wasm -o small.wasm
ls -l primes.wasm small.wasm | awk '{print $5, $9}'
printf '(module (func (export "answer") (result i32) i64.const 42))\n' >wrong.wat
step tenon validate wrong.wat
if tenon validate wrong.wat; then
  echo "a broken module was taken for a valid one" >&2
  exit 1
fi
printf '\nThat is the demo: a module was checked, shown, run and stripped, and a broken one was refused with the reason.\n'
