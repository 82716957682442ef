#!/bin/sh
# Shows what Tenon does with real modules: clang compiles guests; Tenon checks, shows, runs and strips one, runs another as a
# program that sees the files it is given and no others, and refuses a broken one.
# usage: run.sh PROGRAM
set -eu
tenon=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { step "$*" && "$@"; }

cp primes.c words.c "$work" && cd "$work"
tenon() { "$tenon" "$@"; }
show clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry primes.c -o primes.wasm
show tenon validate primes.wasm
show tenon objdump --sections primes.wasm
show tenon print --skeleton primes.wasm
show tenon run primes.wasm --invoke primes_below 1000
show tenon strip primes.wasm -o small.wasm
ls -l primes.wasm small.wasm | awk '{print $5, $9}'
show clang-19 --target=wasm32-wasi -O2 words.c -o words.wasm
mkdir texts
echo "a tenon is the part of a joint that fits the mortise" >texts/joint.txt
show tenon run --dir texts::/ words.wasm /joint.txt
step tenon run --dir texts::/ words.wasm /../words.c
if tenon run --dir texts::/ words.wasm /../words.c; then
  echo "a guest left the directory that it was given" >&2
  exit 1
fi
printf '(module (func (export "answer") (result i32) i64.const 42))\n' >wrong.wat
step tenon validate wrong.wat
if tenon validate wrong.wat; then
  echo "a broken module was taken for a valid one" >&2
  exit 1
fi
printf '\nThat is the demo: a module was checked, shown, run and stripped, a program read the one file it was given, and a broken\nmodule was refused with the reason.\n'
