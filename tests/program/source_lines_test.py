"""A guest that was compiled with debug information and traps: the backtrace names its functions, and file, line and column
of each; without debug information, the functions alone. usage: source_lines_test.py TENON CLANG"""

import pathlib
import subprocess
import sys
import tempfile

SOURCE = """\
static int __attribute__((noinline)) divide(int a, int b) {
  return a / b;
}

__attribute__((export_name("run"))) int run(int b) {
  int sum = 1;
  sum += divide(7, b);
  return sum;
}
"""


def main():
    tenon, clang = sys.argv[1:]
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "guest.c"
        source.write_text(SOURCE)
        for option, expected in (("-g", ("guest.c:2:12", "guest.c:7:10")), ("-g0", ("$divide", "$run"))):
            module = pathlib.Path(folder) / "guest.wasm"
            subprocess.run([clang, "--target=wasm32", "-O1", option, "-nostdlib", "-Wl,--no-entry", source, "-o", module],
                           check=True)
            ran = subprocess.run([tenon, "run", module, "--invoke", "run", "0"], capture_output=True, text=True)
            output = ran.stdout + ran.stderr
            if ran.returncode == 0 or "integer divide by zero" not in output:
                faults.append(f"{option}: no trap: {output}")
            faults += [f"{option}: {part} is not in: {output}" for part in expected if part not in output]
            if option == "-g0" and "guest.c" in output:
                faults.append(f"{option}: a source line from nowhere: {output}")
    print("\n".join(faults) or "all lines as expected")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
