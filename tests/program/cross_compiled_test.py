"""Code that one machine makes for the other: it runs there, and is what the other makes itself, byte for byte.

usage: TENON=PROGRAM TENON_OTHER=PROGRAM python3 cross_compiled_test.py

TENON is built for AArch64 (and run under an emulator), TENON_OTHER for x86-64, from the same source.
"""

import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAMS = {"aarch64-linux": os.path.abspath(os.environ["TENON"]),
            "x86_64-linux": os.path.abspath(os.environ["TENON_OTHER"])}
CASES = pathlib.Path(__file__).resolve().parents[1] / "cases"
# Calls, vectors, an exception through several frames with values in saved registers, and a trap.
MODULE = b"""(module (memory 1)
  (tag $e (param i64))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $raise (param i64 f64) (result i64)
    (if (f64.gt (local.get 1) (f64.const 3)) (then (throw $e (local.get 0))))
    (i64.add (call $raise (i64.mul (local.get 0) (i64.const 3)) (f64.add (local.get 1) (f64.const 1)))
             (i64.trunc_sat_f64_s (local.get 1))))
  (func (export "caught") (param i64) (result i64)
    (i64.mul (i64.add (local.get 0) (i64.const 1))
      (block $handler (result i64)
        (try_table (result i64) (catch $e $handler) (call $raise (local.get 0) (f64.const 0))))))
  (func (export "lanes") (param i32) (result i32)
    (i32x4.extract_lane 2 (i32x4.trunc_sat_f32x4_s (f32x4.sqrt (f32x4.convert_i32x4_s (i8x16.swizzle
      (i32x4.splat (local.get 0)) (v128.const i32x4 0x80808000 0x80808000 0x80808000 0x80808000)))))))
  (func $poke (export "poke") (param i32) (i64.store (local.get 0) (i64.const 7))))"""
CALLS = [("fib", "15", "610\n"), ("caught", "5", "2430\n"), ("lanes", "400", "12\n")]


class CrossCompiled(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "module.wat").write_bytes(MODULE)
        (self.folder / "component.wat").write_bytes((CASES / "run/command_of_wasi_0_2.wat").read_bytes())

    def tenon(self, machine, *arguments):
        return subprocess.run([PROGRAMS[machine], *arguments], capture_output=True, cwd=self.folder, timeout=300,
                              check=False, env={**os.environ, "XDG_CACHE_HOME": str(self.folder)})

    def output(self, machine, *arguments):
        result = self.tenon(machine, *arguments)
        self.assertEqual((result.returncode, result.stderr.decode()), (0, ""), arguments)
        return result.stdout.decode()

    def compile(self, maker, target, source, *options):
        name = f"{source}.{maker}.tnn"
        self.output(maker, "compile", "--target", target, *options, source, "-o", name)
        return name

    def each_way(self):
        for maker in PROGRAMS:
            for target in PROGRAMS:
                if maker != target:
                    yield maker, target

    def test_a_module_runs_on_the_other_machine(self):
        for maker, target in self.each_way():
            file = self.compile(maker, target, "module.wat")
            for function, argument, expected in CALLS:
                self.assertEqual(self.output(target, "run", "--invoke", function, file, argument), expected, function)
            result = self.tenon(target, "run", "--invoke", "poke", file, "65530")
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("out of bounds memory access", result.stderr.decode())
            self.assertIn("poke", result.stderr.decode())

    def test_a_component_runs_on_the_other_machine(self):
        for maker, target in self.each_way():
            file = self.compile(maker, target, "component.wat")
            there, interpreted = (self.tenon(target, "run", *options) for options in
                                  ([file, "x"], ["--tier", "interpreter", "component.wat", "x"]))
            self.assertEqual((there.stdout, there.stderr, there.returncode),
                             (interpreted.stdout, interpreted.stderr, interpreted.returncode))

    def test_both_machines_make_the_same_file(self):
        for source in ("module.wat", "component.wat"):
            for options in ([], ["--fuel"]):
                for target in PROGRAMS:
                    files = [self.folder / self.compile(maker, target, source, *options) for maker in PROGRAMS]
                    self.assertEqual(files[0].read_bytes(), files[1].read_bytes(), (source, target, options))

    def test_a_file_for_the_other_machine_is_refused(self):
        for maker, target in self.each_way():
            result = self.tenon(maker, "run", "--invoke", "fib", self.compile(maker, target, "module.wat"), "1")
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(f"the compiled file is for {target}, and this is {maker}", result.stderr.decode())

    def test_code_for_a_newer_processor_runs_on_it(self):
        file = self.compile("x86_64-linux", "aarch64-linux", "module.wat", "--cpu", "armv8.1-a")
        self.assertEqual(self.output("aarch64-linux", "run", "--invoke", "fib", file, "15"), "610\n")


if __name__ == "__main__":
    unittest.main()
