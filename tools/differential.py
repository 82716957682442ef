"""Compares what modules do in Tenon with what they do in another engine.

    tools/differential.py TRANSCRIPT ORACLE CORPUS [--batch N]

TRANSCRIPT and ORACLE are commands that take modules' paths and print what each does (the format is described in
tests/differential/transcript.cpp, which becomes Tenon's command, tenon_transcript); CORPUS is a folder of .wasm files, which
may have been made by any generator of random modules. Prints each module that differs with the first lines that do, and
how many were alike. A module in which either side ran out of stack is compared up to there: that is the engine's own.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys

STACK = "trap call stack exhausted"
DEATH = "died with exit code "


def transcripts(command, paths):
    """The lines of each path's module. A command that dies is asked again module by module, to find out where."""
    output = subprocess.run([*shlex.split(command), *paths], capture_output=True, text=True, errors="replace")
    found = {}
    for line in output.stdout.splitlines():
        if line.startswith("module "):
            lines = found.setdefault(line.removeprefix("module "), [])
        else:
            lines.append(line)
    if output.returncode == 0:
        return found
    if len(paths) == 1:
        reason = output.stderr.strip().splitlines()[-1:] or [""]
        return {paths[0]: found.get(paths[0], []) + [f"{DEATH}{output.returncode}: {reason[0]}"]}
    return {path: transcripts(command, [path])[path] for path in paths}


def first_difference(ours, theirs):
    """The two lines that differ first, or None."""
    for i in range(max(len(ours), len(theirs))):
        one = ours[i] if i < len(ours) else "(nothing)"
        other = theirs[i] if i < len(theirs) else "(nothing)"
        if STACK in one or STACK in other:
            return None
        if one != other:
            return one, other
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcript")
    parser.add_argument("oracle")
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=200)
    arguments = parser.parse_args()
    paths = sorted(str(path) for path in arguments.corpus.rglob("*.wasm"))
    alike = different = unknown = traps = calls = 0
    for start in range(0, len(paths), arguments.batch):
        batch = paths[start : start + arguments.batch]
        ours, theirs = transcripts(arguments.transcript, batch), transcripts(arguments.oracle, batch)
        for path in batch:
            calls += sum(line.startswith("call ") for line in ours[path])
            traps += sum(" trap " in line for line in ours[path])
            if theirs.get(path, [DEATH])[-1].startswith(DEATH):
                unknown += 1
                continue
            difference = first_difference(ours[path], theirs[path])
            if difference is None:
                alike += 1
                continue
            different += 1
            print(f"{path}\n  tenon:  {difference[0]}\n  oracle: {difference[1]}", flush=True)
    print(f"{alike} alike, {different} different, {unknown} too much for the oracle; {calls} calls, {traps} traps")
    return 1 if different or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
