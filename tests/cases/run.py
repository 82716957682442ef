#!/usr/bin/env python3
"""Runs cases: a file goes through the program, and what comes out is compared with the golden beside it.

A case is a file `tests/cases/<folder>/<name>.{wat,wast,hex,wit}`; its golden is `<file>.golden`. How the program is called:

- a leading comment `RUN: ARGUMENTS` (after `;;`, `#` or `//`) gives the arguments; `%` is the case's file. Several RUN lines are
  several runs. Without one, the folder's name is the subcommand: `tests/cases/print/x.wat` is `tenon print x.wat`.
- a .hex file holds bytes as pairs of hexadecimal digits, with comments after `#`; the program gets the bytes as
  `x.wasm`.

The program runs in a fresh folder that holds the case alone, so that no machine's path gets into a golden; the runs of
one case share it, so that one run can read what the run before wrote. The golden holds the standard output; when there is
an error text or a status other than 0, they follow after lines of their own.

usage: run.py [--update] PROGRAM [CASE...]
A CASE is a path in tests/cases or a part of one; without any, all run. --update writes what came out as the new golden.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent
SUFFIXES = (".wat", ".wast", ".hex", ".wit")
TIME_LIMIT = 60
RUN = re.compile(r"^\s*(?:;;|#|//)\s*RUN: (.*)$", re.M)


def bytes_of_hex(text):
    """The bytes that a .hex file spells."""
    return bytes.fromhex(re.sub(r"#.*", "", text))


def commands(case, text):
    """The argument lists of the case's runs, with `%` for the input."""
    runs = RUN.findall(text)
    return [run.split() for run in runs] or [[case.parent.name, "%"]]


def readable(output):
    """Text as it is; bytes that are no text as a hex dump."""
    try:
        text = output.decode()
        if "\0" not in text:
            return text
    except UnicodeDecodeError:
        pass
    return "".join(output[at : at + 16].hex(" ") + "\n" for at in range(0, len(output), 16))


def outcome(result):
    """One run as the golden shows it."""
    text = readable(result.stdout)
    error = readable(result.stderr)
    if error:
        text += ("" if text.endswith("\n") or not text else "\n") + "--- error\n" + error
    if result.returncode != 0:
        text += ("" if text.endswith("\n") or not text else "\n") + f"--- status {result.returncode}\n"
    return text


def run_case(program, case):
    source = case.read_bytes()
    text = source.decode(errors="replace")
    name = case.name
    if case.suffix == ".hex":
        source, name = bytes_of_hex(text), case.stem + ".wasm"
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / name).write_bytes(source)
        for arguments in commands(case, text):
            command = [program, *(argument.replace("%", name) for argument in arguments)]
            try:
                result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                                        timeout=TIME_LIMIT, check=False, env={**os.environ, "XDG_CACHE_HOME": folder})
            except subprocess.TimeoutExpired:
                outcomes.append(f"--- no end after {TIME_LIMIT} s\n")
            else:
                outcomes.append(outcome(result))
    return "--- next run\n".join(outcomes)


def select(filters):
    cases = sorted(path for path in CASES.rglob("*") if path.suffix in SUFFIXES)
    chosen = [case for case in cases
              if not filters or any(part in str(case.relative_to(CASES)) for part in filters)]
    if not chosen:
        sys.exit(f"no case matches {' '.join(filters)}")
    return chosen


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    update = len(arguments) != len(sys.argv) - 1
    if not arguments:
        sys.exit(__doc__)
    program = str(pathlib.Path(arguments[0]).resolve())
    passed = failed = 0
    for case in select(arguments[1:]):
        golden = case.with_name(case.name + ".golden")
        expected = golden.read_bytes().decode() if golden.exists() else None
        found = run_case(program, case)
        if found == expected:
            passed += 1
        elif update:
            golden.write_bytes(found.encode())
            print(f"wrote {golden.relative_to(CASES)}")
            passed += 1
        else:
            failed += 1
            print(f"{case.relative_to(CASES)}: " + ("differs from its golden" if expected is not None else "has no golden"))
            sys.stdout.writelines(difflib.unified_diff((expected or "").splitlines(True), found.splitlines(True),
                                                       golden.name, "found"))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
