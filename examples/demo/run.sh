#!/bin/sh
# Shows what Tenon does with real modules and components: clang and rustc compile guests; Tenon checks, shows, runs and
# strips a module, runs another as a program that sees the files it is given and no others, joins a component of Rust and one
# of C by their types, shows what they say to each other, serves a page of theirs, and refuses a broken module.
# usage: run.sh PROGRAM
set -eu
tenon=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { step "$*" && "$@"; }

cp -R primes.c words.c composition "$work" && cd "$work"
tenon() { "$tenon" "$@"; }
# Debian's, or another whose libraries for freestanding WebAssembly are there.
find_rustc() {
  for one in /usr/bin/rustc "$(command -v rustc)"; do
    libraries=$("$one" --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || continue
    [ ! -d "$libraries" ] || { echo "$one" && return; }
  done
  echo "no rustc for wasm32-unknown-unknown: ./dev setup installs it" >&2
  return 1
}
rustc=$(find_rustc)
rustc() { "$rustc" "$@"; }
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

cd composition
show rustc --edition 2021 --target wasm32-unknown-unknown --crate-type cdylib -O -C strip=symbols -C linker=wasm-ld-19 \
  -C linker-flavor=wasm-ld -C link-arg=--no-fatal-warnings sieve.rs -o sieve.core.wasm
show clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry page.c -o page.core.wasm
for part in sieve-in-rust page-in-c; do
  name=${part%%-*}
  show tenon component embed -w "$part" -o "$name.embedded.wasm" primes.wit "$name.core.wasm"
  show tenon component new -o "$name.wasm" "$name.embedded.wasm"
done
show tenon wit sieve.wasm
# A component of both, as text: the page's imports from WASI, the two, and how they are joined.
{
  tenon print page.wasm | sed '/^  (import "wasi:http\/types@/q'
  tenon print sieve.wasm
  tenon print page.wasm
  cat join.wat
} >joined.wat
show cat join.wat
show tenon parse -o joined.wasm joined.wat
step "tenon wit joined.wasm | sed '/^}/q'"
tenon wit joined.wasm | sed '/^}/q'
show tenon run --trace joined.wasm --invoke 'render(30)'
step tenon serve --addr 127.0.0.1:0 joined.wasm
"$tenon" serve --addr 127.0.0.1:0 joined.wasm >url &
server=$!
tries=0
until [ -s url ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$server"; then
    echo "the server does not listen" >&2
    exit 1
  fi
  sleep 0.1
done
cat url
page() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode(), end="")' "$1"; }
step "curl $(cat url)/50"
page "$(cat url)/50" | tee page.txt
if [ "$(cat page.txt)" != "15 primes below 50: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47" ]; then
  echo "that is not the page" >&2
  exit 1
fi
kill -INT "$server" && wait "$server"
server=
cd ..

printf '(module (func (export "answer") (result i32) i64.const 42))\n' >wrong.wat
step tenon validate wrong.wat
if tenon validate wrong.wat; then
  echo "a broken module was taken for a valid one" >&2
  exit 1
fi
printf '\nThat is the demo: a module was checked, shown, run and stripped, a program read the one file it was given, components\nof Rust and C were joined, watched and served, and a broken module was refused with the reason.\n'
