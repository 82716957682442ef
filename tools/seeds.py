#!/usr/bin/env python3
"""Makes seeds for the fuzz targets from the test suites: every module and component of every script, as text and as a binary.

FOLDER/text gets the modules as they stand in the scripts, FOLDER/binary what `tenon parse` makes of them; a module that does
not parse is a good seed for text and none for binary. Seeds larger than 64 KiB are left out, for they slow a fuzzer down.
Nothing happens when FOLDER is newer than the program.

usage: seeds.py PROGRAM FOLDER_OF_SUITES FOLDER
"""

import hashlib
import pathlib
import re
import subprocess
import sys

MAX_SIZE = 64 * 1024
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|;;[^\n]*|\(;|;\)|\(|\)', re.S)


def modules(script):
    """The module and component forms of a script, wherever they stand, as they are written."""
    depth, comment_depth, start, start_depth = 0, 0, None, 0
    for token in TOKEN.finditer(script):
        kind = token[0]
        if kind == "(;":
            comment_depth += 1
        elif kind == ";)":
            comment_depth -= 1
        elif comment_depth > 0:
            continue
        elif kind == "(":
            if start is None and re.compile(r"(?:module|component)[\s()]").match(script, token.end()):
                start, start_depth = token.start(), depth
            depth += 1
        elif kind == ")":
            depth -= 1
            if start is not None and depth == start_depth:
                yield script[start : token.end()]
                start = None


def write_seeds(program, suites, folder):
    text, binary = folder / "text", folder / "binary"
    for kind in (text, binary):
        kind.mkdir(parents=True, exist_ok=True)
    for script in sorted(suites.rglob("*.wast")):
        for module in modules(script.read_text(errors="surrogateescape")):
            source = module.encode(errors="surrogateescape")
            if len(source) > MAX_SIZE:
                continue
            name = hashlib.sha256(source).hexdigest()[:16]
            (text / f"{name}.wat").write_bytes(source)
            result = subprocess.run([program, "parse", "--features", "all", "-"], input=source, capture_output=True, check=False)
            if result.returncode == 0 and len(result.stdout) <= MAX_SIZE:
                (binary / f"{name}.wasm").write_bytes(result.stdout)
    return len(list(text.iterdir())), len(list(binary.iterdir()))


def main():
    program, suites, folder = map(pathlib.Path, sys.argv[1:4])
    stamp = folder / "made"
    if stamp.exists() and stamp.stat().st_mtime >= program.stat().st_mtime:
        return
    print("seeds: %d as text, %d as binaries" % write_seeds(program.resolve(), suites, folder))
    stamp.write_text("")


if __name__ == "__main__":
    main()
