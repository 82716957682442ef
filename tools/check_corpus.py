#!/usr/bin/env python3
"""Holds real modules to what every module must do: be valid, survive text and come back, and be judged as others judge.

Takes files and folders; of a folder, all files that begin as a core module does. For each module:

- `tenon validate` takes it, or, with --judge, says what that command says (a program and its arguments, which gets the
  file's name behind them, and ends with 0 for a valid module);
- binary, text, binary: the module that its printed text parses to is the module itself, byte for byte, or else, for the text
  has no words for numbers longer than they need be and for some forms of segments, one that prints the same text;
- text, binary, text: printing what was parsed gives the same text again, and so do folded code and the flat one.

With --features LIST, all commands of Tenon get it (default: all). Prints a line a module with -v, what is wrong always, and
`N passed, N failed, N skipped`. A file that no module can be read from is skipped when it is not valid and nobody says it is.

usage: check_corpus.py PROGRAM [--judge COMMAND] [--features LIST] [-v] PATH...
"""

import argparse
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

CORE_MODULE = b"\0asm\1\0\0\0"


class Wrong(Exception):
    pass


def core_modules(paths):
    for path in map(pathlib.Path, paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                with file.open("rb") as content:
                    if content.read(len(CORE_MODULE)) == CORE_MODULE:
                        yield file


def run(program, features, *arguments):
    return subprocess.run([program, *arguments, "--features", features], capture_output=True, text=True, check=False)


def must(program, features, *arguments):
    result = run(program, features, *arguments)
    if result.returncode != 0:
        raise Wrong(f"{arguments[0]}: {result.stderr.strip().splitlines()[0] if result.stderr else result.returncode}")


def check_verdict(options, file):
    """Whether the module is valid."""
    ours = run(options.program, options.features, "validate", str(file))
    if not options.judge:
        if ours.returncode != 0:
            raise Wrong("validate: " + ours.stderr.strip().splitlines()[0])
        return True
    theirs = subprocess.run([*shlex.split(options.judge), str(file)], capture_output=True, text=True, check=False)
    if (ours.returncode == 0) != (theirs.returncode == 0):
        said = (ours if ours.returncode else theirs).stderr.strip().splitlines()
        raise Wrong(f"validate: {ours.returncode}, the judge: {theirs.returncode}: {said[0] if said else ''}")
    return ours.returncode == 0


def check_round_trips(options, file, folder):
    """The word for how the bytes came back: "same bytes" or "same text"."""
    text, folded, back = folder / "a.wat", folder / "folded.wat", folder / "b.wasm"
    text_again, back_again = folder / "c.wat", folder / "d.wasm"
    def tenon(*arguments):
        must(options.program, options.features, *map(str, arguments))
    tenon("print", file, "-o", text)
    tenon("parse", text, "-o", back)
    tenon("print", "--fold", file, "-o", folded)
    tenon("parse", folded, "-o", back_again)
    if back.read_bytes() != back_again.read_bytes():
        raise Wrong("folded and flat text parse to different modules")
    if back.read_bytes() == file.read_bytes():
        return "same bytes"
    tenon("print", back, "-o", text_again)
    if text.read_bytes() != text_again.read_bytes():
        raise Wrong("printing what was parsed gives another text")
    tenon("validate", back)
    return "same text"


def main():
    parser = argparse.ArgumentParser(description="Round trips and verdicts of real modules.")
    parser.add_argument("program")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--judge", default="")
    parser.add_argument("--features", default="all")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    passed = failed = skipped = 0
    for file in core_modules(options.paths):
        start = time.monotonic()
        try:
            with tempfile.TemporaryDirectory() as folder:
                if check_verdict(options, file):
                    outcome = check_round_trips(options, file, pathlib.Path(folder))
                    passed += 1
                else:
                    outcome = "invalid, as the judge says"
                    skipped += 1
        except Wrong as wrong:
            outcome = f"WRONG: {wrong}"
            failed += 1
        if options.verbose or outcome.startswith("WRONG"):
            size = file.stat().st_size
            print(f"{file}: {size} bytes, {time.monotonic() - start:.1f} s: {outcome}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
