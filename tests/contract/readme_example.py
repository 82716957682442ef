#!/usr/bin/env python3
"""The program in README.md compiles as C++20, links, and does what it says.

It runs in a folder with `calc.wasm` made from examples/embed/calc.wat; its output is compared and its status must be 0.

usage: readme_example.py COMPILER BUILD_FOLDER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXPECTED = "5\n"


def run(command, folder, what):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if result.returncode != 0:
        sys.exit(f"{what} ended with status {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def main():
    compiler, build = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    blocks = re.findall(r"^```cpp\n(.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)
    if len(blocks) != 1:
        sys.exit(f"README.md: expected one block of C++, found {len(blocks)}")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "main.cpp").write_text(blocks[0])
        run([compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "main.cpp", str(build / "libtenon.a"),
             "-pthread", "-o", "program"], path, "the compiler")
        run([str(build / "tenon"), "parse", str(ROOT / "examples/embed/calc.wat"), "-o", "calc.wasm"], path, "tenon parse")
        output = run([str(path / "program")], path, "the program in README.md")
    if output != EXPECTED:
        sys.exit(f"the program in README.md: expected the output {EXPECTED!r}, found {output!r}")


if __name__ == "__main__":
    main()
