#!/usr/bin/env python3
"""Writes docs/proposals.md: which layer supports which proposal, by trying it.

Each row of src/spec/features.def has a module or component tests/features/<option>.wat that uses the feature; its export
`run` gives the i32 or u32 1. The cells of the page are what happened when that module went through the program:

  text         it parses, and what is printed from its binary parses again
  read         its binary is listed to the last instruction
  write        binary, text, binary gives the same bytes
  validate     it is valid
  interpreter  its `run` gives 1
  switch       with only this feature switched off it is refused, by an error that names the feature's option
               (annotations and custom sections that are switched off are passed over instead)

A row without a module is one that nothing supports yet.

usage: make_proposals.py [--check] PROGRAM
--check compares with the page instead of writing it, and fails when they differ.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/proposals.md"
LAYERS = ("read", "write", "text", "validate", "interpreter")
ROW = re.compile(r'^TENON_FEATURE\((\w+), "([^"]+)", (true|false), "([^"]+)", "([^"]+)"\)$', re.M)
# What the standard wants passed over, not refused, by those who do not know it: it must stay valid when it is off.
PASSED_OVER = {"annotations", "branch-hinting"}

HEAD = """# Proposals

What works, by layer. This page is written by `tools/make_proposals.py`, which sends one module for each proposal
([tests/features](../tests/features/README.md)) through the program; a test fails when the page is not what comes out.
The option switches a proposal on or off: `tenon validate --features gc,-simd`. Used while it is off, it is an error that
names the option.

"""


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def run(self, *arguments):
        return subprocess.run([self.path, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=60, check=False)

    def works(self, *arguments):
        return self.run(*arguments).returncode == 0

    def bytes_of(self, name):
        return (pathlib.Path(self.folder) / name).read_bytes()


def rows(definitions):
    return [{"name": name, "option": option, "on": on == "true", "title": title, "link": link}
            for name, option, on, title, link in ROW.findall(definitions)]


def try_layers(program, module, option):
    """{layer: bool} for one module, and whether its switch works."""
    folder = pathlib.Path(program.folder)
    (folder / "module.wat").write_text(module)
    one = "u32.const 1" if module.startswith("(component") else "i32.const 1"
    (folder / "script.wast").write_text(module + f'(assert_return (invoke "run") ({one}))\n')
    every = ("--features", "all")
    parsed = program.works("parse", *every, "module.wat", "-o", "first.wasm")
    printed = parsed and program.works("print", *every, "first.wasm", "-o", "again.wat")
    again = printed and program.works("parse", *every, "again.wat", "-o", "second.wasm")
    script = program.run("wast", *every, "script.wast")
    without = program.run("validate", "--features", f"all,-{option}", "module.wat")
    result = {
        "text": parsed and again,
        "read": parsed and program.works("objdump", *every, "first.wasm"),
        "write": again and program.bytes_of("first.wasm") == program.bytes_of("second.wasm"),
        "validate": parsed and program.works("validate", *every, "first.wasm"),
        "interpreter": script.returncode == 0 and re.search(r"^2 passed, 0 failed, 0 skipped$", script.stdout, re.M) is not None,
        "switch": without.returncode == 0 if option in PASSED_OVER else without.returncode == 1 and option in without.stderr,
    }
    for path in folder.iterdir():
        path.unlink()
    return result


def table(features, results):
    """The page's table from what was seen."""
    lines = ["| proposal | option | on by default | " + " | ".join(LAYERS) + " |", "| --- " * (3 + len(LAYERS)) + "|"]
    for feature in features:
        seen = results[feature["option"]]
        cells = [f"[{feature['title']}]({feature['link']})", f"`{feature['option']}`", "yes" if feature["on"] else "no",
                 *("yes" if seen[layer] else "no" for layer in LAYERS)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    features = rows((ROOT / "src/spec/features.def").read_text())
    faults = []
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        program = Program(str(pathlib.Path(arguments[0]).resolve()), folder)
        for feature in features:
            path = ROOT / "tests/features" / f"{feature['option']}.wat"
            if not path.exists():
                results[feature["option"]] = dict.fromkeys(LAYERS, False)
                continue
            seen = results[feature["option"]] = try_layers(program, path.read_text(), feature["option"])
            if not seen["switch"]:
                faults.append(f"{feature['option']}: switched off, its module is not refused by an error that names the option")
    known = {feature["option"] for feature in features}
    faults += [f"tests/features/{path.name} belongs to no row of features.def"
               for path in sorted((ROOT / "tests/features").glob("*.wat")) if path.stem not in known]
    page = HEAD + table(features, results)
    if "--check" not in sys.argv:
        PAGE.write_text(page)
    elif PAGE.read_text() != page:
        faults.append("docs/proposals.md is not what the program does; tools/make_proposals.py writes it anew. It would be:\n" + page)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
