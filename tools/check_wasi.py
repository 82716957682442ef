#!/usr/bin/env python3
"""Holds the host's tables of functions against the WIT of WASI: what is missing here, and what is in none of the files.

The folders are of WebAssembly/WASI or of one of its proposals, as published; only interfaces that the host defines are
compared. Not a test of the project, which carries no copy of them.

usage: check_wasi.py FOLDER...
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
INTERFACE = re.compile(r"\binterface\s+([\w%-]+)\s*\{")
TABLE = re.compile(r'\{\s*"((?:\[[a-z]+\])?[a-z][a-z0-9.-]*)"\s*,')


def blocks(text, start):
    """The text between braces that begins at `start`."""
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def functions_of(interface):
    """The names of an interface's functions, as a component imports them."""
    for found in re.finditer(r"\bresource\s+([\w%-]+)\s*\{", interface):
        resource, body = found[1], blocks(interface, found.end())
        if re.search(r"\bconstructor\s*\(", body):
            yield f"[constructor]{resource}"
        for method in re.finditer(r"([\w%-]+)\s*:\s*(static\s+)?(?:async\s+)?func\b", body):
            yield f"[{'static' if method[2] else 'method'}]{resource}.{method[1].lstrip('%')}"
        interface = interface.replace(body, " " * len(body))
    for function in re.finditer(r"([\w%-]+)\s*:\s*(?:async\s+)?func\b", interface):
        yield function[1].lstrip("%")


def main():
    known = set()
    for path in (ROOT / "src/wasi").rglob("*.cpp"):
        known |= set(TABLE.findall(path.read_text()))
    total, missing = 0, []
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.wit")):
            text = COMMENT.sub("", path.read_text())
            for found in INTERFACE.finditer(text):
                for function in functions_of(blocks(text, found.end())):
                    total += 1
                    if function not in known:
                        missing.append(f"{path}: {found[1]}: {function}")
    print("\n".join(missing))
    print(f"{total} functions, {len(missing)} of them not in the host's tables")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
