#!/usr/bin/env python3
"""Each function of WASI has tests that saw it succeed, refuse, and be given a bad argument, as far as it can.

functions.txt has a line for every function: VERSION, INTERFACE#FUNCTION, and what the tests must have seen of it, under
`gives`, `refuses` and `bad argument`, where "-" says that it cannot. This runs the unit tests of WASI, which record what
they saw (component/record.hpp), and fails where a function has no line, where a line is of no function, and where
something that the line names was not seen.

The outcomes: `value` (it gave something), `ok`, `error` (of a result without a payload, or of any), `error:NAME`, `none`,
`some`, `trap`, `exit`, and the error numbers of preview1 by name. NAMEs are those of a line "errors VERSION INTERFACE...", or
of one for that function.

usage: check_functions.py PROGRAM [--print]     the program of unit tests; --print: show what was seen
"""

import os
import pathlib
import subprocess
import sys
import tempfile
from collections import defaultdict

TABLE = pathlib.Path(__file__).with_name("functions.txt")
TESTS = ("P2*:P3*:Messages.*:Bodies.*:OutgoingHandler.*:*KeyValueStore*:ConfigStore.*:KeptConnections.*:WasiFunctions.*:"
         "Preview1.*:Environment.*:Files.*:Directories.*:Paths.*:Poll.*:Sockets.*:Waiting.*")


def record(program):
    """What the tests see: {"VERSION NAME": {outcome}}."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "record")
        done = subprocess.run([program, f"--gtest_filter={TESTS}", "--gtest_brief=1"], capture_output=True, text=True,
                              env={**os.environ, "TENON_WASI_RECORD": str(path)}, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
        lines = path.read_text().splitlines()
    seen = defaultdict(set)
    for line in lines:
        version, name, outcome = line.split()
        seen[f"{version} {name}"].add(outcome)
    return seen


def name_outcomes(function, raw, errors):
    """The outcomes as the table writes them; one may have several names."""
    version, name = function.split()
    interface = name.split("#")[0]
    own = errors.get(f"{version} {name}")
    names = own or errors.get("preview1 *" if version == "preview1" else f"{version} {interface}", [])
    for outcome in raw:
        if version == "preview1" and outcome.isdigit():
            yield names[int(outcome)] if names else outcome
        elif outcome in ("0", "1") or outcome.startswith("1:"):
            yield "value"
            yield from ("ok", "none") if outcome == "0" else ("error", "some")
            if outcome.startswith("1:"):
                index = int(outcome[2:])
                yield f"error:{names[index] if index < len(names) else index}"
        elif outcome.isdigit() or ":" in outcome:
            yield "value"
        elif outcome != "defined":
            yield outcome


def read_table(text):
    errors, rows = {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("errors "):
            of, names = line.removeprefix("errors ").split(": ")
            for interface in of.split(" ", 1)[1].split():
                errors[f"{of.split()[0]} {interface}"] = names.split()
            continue
        version, name, *columns = line.split()
        if len(columns) != 3 or columns[0] == "-":
            sys.exit(f"{TABLE.name}:{number}: expected VERSION, NAME, what it gives, what it refuses, bad arguments")
        rows[f"{version} {name}"] = [[] if column == "-" else column.split(",") for column in columns]
    return errors, rows


def main():
    errors, rows = read_table(TABLE.read_text())
    seen = record(sys.argv[1])
    problems = []
    for function in sorted(set(seen) | set(rows)):
        named = set(name_outcomes(function, seen[function], errors))
        if "--print" in sys.argv:
            print(function, " ".join(sorted(named)))
        if "defined" not in seen[function]:
            problems.append(f"{function}: the host defines no such function")
        elif function not in rows:
            problems.append(f"{function}: has no line in {TABLE.name}")
        for outcome in sum(rows.get(function, []), []):
            if outcome not in named:
                problems.append(f"{function}: no test sees {outcome} (seen: {' '.join(sorted(named)) or 'nothing'})")
    print("\n".join(problems))
    refusing, misused = (sum(1 for row in rows.values() if row[column]) for column in (1, 2))
    print(f"{len(rows)} functions: {refusing} with refusals, {misused} with bad arguments; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
