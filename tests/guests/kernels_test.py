"""The kernels of bench/kernels on every tier against the same source compiled for this machine.

What each gives natively becomes an assertion of a script, which `tenon wast` runs on each tier.

usage: TENON=PROGRAM python3 kernels_test.py
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
KERNELS = sorted((pathlib.Path(__file__).resolve().parents[2] / "bench/kernels").glob("*.c"))
ROUNDS = 2
MAIN = """#include <stdio.h>
unsigned run(unsigned rounds);
int main(void) {{ printf("%u", run({rounds})); }}
"""


def native_result(folder, kernel):
    main, program = folder / "main.c", folder / kernel.stem
    main.write_text(MAIN.format(rounds=ROUNDS))
    subprocess.run(["clang-19", "-O2", kernel, main, "-o", program], check=True, timeout=120)
    return subprocess.run([program], check=True, capture_output=True, timeout=60).stdout.decode()


def make_module(folder, kernel):
    module = folder / f"{kernel.stem}.wasm"
    subprocess.run(["clang-19", "--target=wasm32", "-O2", "-nostdlib", "-mbulk-memory", "-mnontrapping-fptoint",
                    "-msign-ext", "-Wl,--no-entry,--export-all", kernel, "-o", module], check=True, timeout=120)
    return module.read_bytes()


class Kernels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        cls.script = folder / "kernels.wast"
        with cls.script.open("w") as out:
            for kernel in KERNELS:
                bytes_ = "".join(f"\\{byte:02x}" for byte in make_module(folder, kernel))
                out.write(f';; {kernel.stem}\n(module binary "{bytes_}")\n')
                out.write(f'(assert_return (invoke "run" (i32.const {ROUNDS})) '
                          f"(i32.const {native_result(folder, kernel)}))\n")

    def expect_native_results(self, *options):
        result = subprocess.run([PROGRAM, "wast", *options, self.script], capture_output=True, timeout=600, check=False)
        self.assertEqual(result.stdout.decode().splitlines()[-1], f"{2 * len(KERNELS)} passed, 0 failed, 0 skipped",
                         result.stdout.decode() + result.stderr.decode())

    def test_interpreter(self):
        self.expect_native_results("--tier", "interpreter")

    def test_baseline(self):
        self.expect_native_results("--tier", "baseline")

    def test_optimizing(self):
        self.expect_native_results("--tier", "optimizing")

    def test_tiers_that_change_at_random_points(self):
        for seed in ("1", "2"):
            self.expect_native_results("--tier", "auto", "--seed", seed)


if __name__ == "__main__":
    unittest.main()
