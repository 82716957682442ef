#!/usr/bin/env python3
"""Makes bad inputs out of good ones: COUNT files in FOLDER, the same ones for the same seeds and the same NUMBER.

Each is one of the seeds with one to four kinds of damage, of which a hostile or broken producer would do any: cut short,
bits flipped, bytes replaced by those at the edges of number formats, a huge number written over a small one, a piece taken
out, doubled or moved, a piece of another seed put in. Text is damaged by its words instead of its bytes as often as not.

usage: make_bad_inputs.py FOLDER COUNT NUMBER SEEDS...      (SEEDS: files, and folders of files)
"""

import pathlib
import random
import re
import sys

MAX_SEED = 64 * 1024
MAX_INPUT = 1 << 20
EDGES = bytes([0x00, 0x01, 0x0B, 0x3F, 0x40, 0x5F, 0x60, 0x7F, 0x80, 0xFC, 0xFD, 0xFE, 0xFF])
HUGE = [
    b"\xff\xff\xff\xff\x0f", b"\x80\x80\x80\x80\x08", b"\xff\xff\xff\xff\x07", b"\x80\x80\x04", b"\xd0\x86\x03",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\x00",
]
WORDS = [
    b"(", b")", b'"', b"(module", b"(func", b"(block", b"(loop", b"(if", b"end", b"else", b"(;", b";)", b";;", b"(@name", b"$x",
    b"0xffffffff", b"4294967296", b"18446744073709551616", b"-1", b"nan:0x1", b"0x1p-1074", b"i32.const", b"br_table", b"(type",
    b"(rec", b"(param i32)", b"v128.const", b"(result", b'"\\u{110000}"', b'"\\ff"', b"\x00", b"\xff", b"(component",
]
TOKENS = re.compile(rb'"(?:\\.|[^"\\])*"|[()]|\s+|[^\s()"]+|"')


def span(rng, size, longest):
    """Begin and end of a piece of at most `longest` of `size` elements."""
    length = min(size, 1 + int(longest ** rng.random()))
    begin = rng.randrange(size - length + 1)
    return begin, begin + length


def cut_short(rng, data, _):
    return data[: rng.randrange(len(data))]


def flip_bits(rng, data, _):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def put_edges(rng, data, _):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        data[rng.randrange(len(data))] = rng.choice(EDGES)
    return bytes(data)


def put_huge_number(rng, data, _):
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(HUGE) + data[at + rng.randrange(2) :]


def take_out(rng, data, _):
    begin, end = span(rng, len(data), 4096)
    return data[:begin] + data[end:]


def repeat(rng, data, _):
    begin, end = span(rng, len(data), 256)
    return data[:begin] + data[begin:end] * rng.choice((2, 2, 3, 100, 2000 // (end - begin) + 1)) + data[end:]


def move(rng, data, _):
    begin, end = span(rng, len(data), 256)
    piece, rest = data[begin:end], data[:begin] + data[end:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + piece + rest[at:]


def put_other(rng, data, other):
    begin, end = span(rng, len(other), 4096)
    at, until = span(rng, len(data), 256)
    return data[:at] + other[begin:end] + data[rng.choice((at, until)) :]


def damage_words(rng, data, other):
    words = TOKENS.findall(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if not words:
            break
        at = rng.randrange(len(words))
        how = rng.randrange(5)
        if how == 0:
            del words[at]
        elif how == 1:
            words[at] = b" " + rng.choice(WORDS) + b" "
        elif how == 2:
            words.insert(at, rng.choice(TOKENS.findall(other) or [b"("]))
        elif how == 3:
            words[at : at + 1] = [words[at] + b" "] * rng.choice((2, 3, 1000))
        else:
            to = rng.randrange(len(words))
            words[at], words[to] = words[to], words[at]
    return b"".join(words)


BYTES = (cut_short, flip_bits, flip_bits, put_edges, put_huge_number, take_out, repeat, move, put_other)


def damaged(rng, seeds):
    data = rng.choice(seeds)
    is_text = not data.startswith(b"\0asm")
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        damage = damage_words if is_text and rng.random() < 0.5 else rng.choice(BYTES)
        data = damage(rng, data, rng.choice(seeds))
    return data[:MAX_INPUT]


def read_seeds(names):
    files = []
    for path in map(pathlib.Path, names):
        files += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return [data for data in (file.read_bytes() for file in files) if 0 < len(data) <= MAX_SEED]


def main():
    folder, count, number = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    seeds = read_seeds(sys.argv[4:])
    if not seeds:
        sys.exit("no seeds")
    rng = random.Random(number)
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        (folder / f"{i:06}").write_bytes(damaged(rng, seeds))
    print(f"{count} bad inputs from {len(seeds)} seeds")


if __name__ == "__main__":
    main()
