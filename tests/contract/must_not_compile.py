#!/usr/bin/env python3
"""Passes when a file does not compile, for the reason that its first line gives: `// error: <part of the message>`.

Whatever stands between `#ifdef CONTROL` and `#endif` is the control: with CONTROL defined the same file must compile, so
that a file cannot fail for a wrong reason such as a missing header.

usage: must_not_compile.py COMPILER SOURCE_ROOT FILE
"""

import subprocess
import sys


def compile_file(compiler, root, file, *flags):
    command = [compiler, "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{root}/src",
               f"-I{root}/include", *flags, file]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main():
    compiler, root, file = sys.argv[1:]
    with open(file, encoding="utf-8") as source:
        first = source.readline().strip()
    prefix = "// error: "
    if not first.startswith(prefix):
        sys.exit(f"{file}: expected a first line '{prefix}...', found '{first}'")
    control = compile_file(compiler, root, file, "-DCONTROL")
    if control.returncode != 0:
        sys.exit(f"{file} does not compile even with CONTROL:\n{control.stderr}")
    result = compile_file(compiler, root, file)
    if result.returncode == 0:
        sys.exit(f"{file} compiles, but must not")
    if first.removeprefix(prefix) not in result.stderr:
        sys.exit(f"{file}: expected the error '{first.removeprefix(prefix)}', found\n{result.stderr}")


if __name__ == "__main__":
    main()
