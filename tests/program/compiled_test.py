"""End to end: what the program does with compiled code, on disk, in pages and in profiles.

usage: TENON=PROGRAM [TENON_MACHINE=x86_64|aarch64] python3 compiled_test.py

TENON_MACHINE is what the program is built for, where that is not this machine.
"""

import json
import os
import pathlib
import platform
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
CASES = pathlib.Path(__file__).resolve().parents[1] / "cases"
MODULE = b"""(module (memory 1)
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $poke (export "poke") (param i32) (i64.store (local.get 0) (i64.const 7))))"""
LONG_MODULE = b"""(module
  (func $work (export "work") (param i64) (result i64) (local i64)
    (loop (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (local.get 0)))
      (br_if 0 (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0))))
    (local.get 1)))"""


class Compiled(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.module = self.write("fib.wat", MODULE)

    def write(self, name, contents):
        (self.folder / name).write_bytes(contents)
        return name

    def tenon(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, cwd=self.folder, timeout=600, check=False,
                              env={**os.environ, "XDG_CACHE_HOME": str(self.folder)})

    def output(self, *arguments):
        result = self.tenon(*arguments)
        self.assertEqual((result.returncode, result.stderr.decode()), (0, ""), arguments)
        return result.stdout.decode()

    def test_a_compiled_module_runs_and_traps(self):
        self.output("compile", self.module, "-o", "fib.tnn")
        self.assertEqual(self.output("run", "--invoke", "fib", "fib.tnn", "15"), "610\n")
        result = self.tenon("run", "--invoke", "poke", "fib.tnn", "65530")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("out of bounds memory access", result.stderr.decode())
        self.assertIn("poke", result.stderr.decode())

    def test_a_compiled_component_runs(self):
        self.write("command.wat", (CASES / "run/command_of_wasi_0_2.wat").read_bytes())
        self.output("compile", "command.wat", "-o", "command.tnn")
        compiled, interpreted = (self.tenon("run", *options) for options in
                                 (["command.tnn", "x"], ["--tier", "interpreter", "command.wat", "x"]))
        self.assertEqual(compiled.stdout, interpreted.stdout)
        self.assertEqual((compiled.stderr, compiled.returncode), (interpreted.stderr, interpreted.returncode))

    def test_code_is_for_the_machine_that_is_named(self):
        own = os.environ.get("TENON_MACHINE", platform.machine())
        other = {"x86_64": "aarch64", "aarch64": "x86_64"}[own]
        self.output("compile", "--target", f"{own}-linux", self.module, "-o", "own.tnn")
        self.assertEqual(self.output("run", "--invoke", "fib", "own.tnn", "15"), "610\n")
        for options, message in ((["--target", "mips-linux"], "a machine to compile for (x86_64-linux, aarch64-linux)"),
                                 (["--cpu", "i486"], f"a processor of {own}-linux ("),
                                 (["--target", f"{other}-linux", "--cpu", "i486"], f"a processor of {other}-linux (")):
            result = self.tenon("compile", *options, self.module, "-o", "none.tnn")
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(f"expected {message}", result.stderr.decode())
        result = self.tenon("compile", "--target", f"{other}-linux", self.module, "-o", "other.tnn")
        if result.returncode != 0:  # the build had no headers for it
            self.assertIn(f"was built without the operations for {other}-linux", result.stderr.decode())
            return
        result = self.tenon("run", "--invoke", "fib", "other.tnn", "15")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(f"the compiled file is for {other}-linux, and this is {own}-linux", result.stderr.decode())

    def test_what_was_compiled_is_kept(self):
        run = ("run", "--tier", "optimizing", "--invoke", "fib", self.module, "15")
        self.assertEqual(self.output(*run), "610\n")
        kept = self.output("cache", "stat")
        self.assertIn(": 1 entries", kept)
        self.assertEqual(self.output(*run), "610\n")
        self.assertEqual(self.output("cache", "stat"), kept)
        self.assertIn(": 1 entries removed", self.output("cache", "clear"))

    def test_a_page_shows_each_function(self):
        self.output("explore", self.module, "-o", "fib.html")
        page = (self.folder / "fib.html").read_text()
        self.assertIn("fib", page)
        self.assertIn("poke", page)

    def test_a_profile_names_what_ran(self):
        self.write("long.wat", LONG_MODULE)
        for tier, turns in (("interpreter", "5000000"), ("baseline", "20000000"), ("optimizing", "50000000")):
            result = self.tenon("run", "--tier", tier, "--profile", "guest", "--profile-output", tier, "--invoke", "work",
                                "long.wat", turns)
            self.assertIn(f"samples, shown by {tier}.svg and {tier}.json", result.stderr.decode())
            self.assertIn("work", (self.folder / f"{tier}.svg").read_text())
            self.assertIn("meta", json.loads((self.folder / f"{tier}.json").read_text()))


if __name__ == "__main__":
    unittest.main()
