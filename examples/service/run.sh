#!/bin/sh
# Makes the component of pages.c, and asks a host that serves it.
# usage: run.sh PROGRAM HOST, where PROGRAM is tenon and HOST was made of host.cpp
set -eu
tenon=$(realpath "$1") host=$(realpath "$2")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp pages.c pages.wit "$work" && cd "$work"
clang-19 --target=wasm32 -O2 -nostdlib -Wl,--no-entry pages.c -o pages.core.wasm
"$tenon" component embed -w pages pages.wit pages.core.wasm -o pages.embedded.wasm
"$tenon" component new pages.embedded.wasm -o pages.wasm

mkfifo input
"$host" pages.wasm <input >output &
exec 3>input
tries=0
until [ -s output ] || [ "$tries" -gt 200 ]; do tries=$((tries + 1)) && sleep 0.05; done
url=$(head -n 1 output)
python3 - "$url" <<'END'
import sys, urllib.error, urllib.request
for page in ("/one", "/loop", "/two"):
    try:
        print(urllib.request.urlopen(sys.argv[1] + page, timeout=60).read().decode(), end="")
    except urllib.error.HTTPError as error:
        print(error.read().decode(), end="")
END
exec 3>&-
wait $!
tail -n +2 output
