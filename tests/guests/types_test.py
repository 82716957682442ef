"""Every kind of type, both ways, in guests whose bindings were made by wit-bindgen: C, C++ and Rust, each called by the host,
and two of them joined, so that one calls the other.

What is not installed is skipped, by name. `./dev guest-tools` installs the generator and fetches the crate.

usage: TENON=PROGRAM python3 types_test.py
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
os.environ["XDG_CACHE_HOME"] = os.path.join(os.path.dirname(PROGRAM), "cache")
HERE = pathlib.Path(__file__).resolve().parent / "types"
TOOLS = pathlib.Path(os.environ.get("TENON_GUEST_TOOLS", pathlib.Path(PROGRAM).parent.parent / "guest-tools"))
WIT_BINDGEN = TOOLS / "cargo/bin/wit-bindgen"
INTERFACE = "demo:all/types"
RUST_TARGET = "wasm32-wasip1"

# What is given comes back.
VALUES = {
    "bools": ["true", "false"],
    "bytes": ["(255, -128)"],
    "words": ["(65535, -32768)"],
    "ints": ["(4294967295, -2147483648)"],
    "longs": ["(18446744073709551615, -9223372036854775808)"],
    "floats": ["(1.5, -0.1)", "(inf, nan)"],
    "chars": ["'€'", "'🌍'"],
    "texts": ['""', '"grüße 🌍"'],
    "lists": ["[]", "[1, 2, 65535]"],
    "lists-of-texts": ['["", "a", "🌍"]'],
    "points": ['{x: -1, y: 2.5, name: "p"}'],
    "shapes": ['polygon([{x: 1, y: 0, name: "a"}, {x: 2, y: 1, name: ""}])', "circle(0.5)", 'named("n")', "%none"],
    "colors": ["blue"],
    "rights-of": ["{read, execute}", "{}"],
    "options": ["none", "some(none)", "some(some(3))"],
    "results": ['ok("x")', "err(green)"],
    "empty-results": ["ok", "err"],
    "pairs": ["[(1, 'a'), (2, '🌍')]"],
}


def has_rust():
    if not shutil.which("cargo") or not shutil.which("rustc"):
        return False
    found = subprocess.run(["rustc", "--print", "target-libdir", "--target", RUST_TARGET], capture_output=True, text=True,
                           check=False)
    if found.returncode != 0 or not pathlib.Path(found.stdout.strip()).is_dir():
        return False
    tree = subprocess.run(["cargo", "tree", "--offline", "--locked", "--manifest-path", str(HERE / "rust/Cargo.toml")],
                          capture_output=True, check=False)
    return tree.returncode == 0


def tenon(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=120)


class Guests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def run_tool(self, *command):
        subprocess.run([str(word) for word in command], check=True, timeout=1200, cwd=self.folder, capture_output=True)

    def component(self, name, core):
        made = tenon("component", "new", "-o", str(self.folder / name), str(core))
        self.assertEqual(made.returncode, 0, made.stderr)
        return self.folder / name

    def generated(self, world):
        out = self.folder / world
        self.run_tool(WIT_BINDGEN, "c", "--world", world, HERE / "types.wit", "--out-dir", out)
        self.run_tool("clang-19", "--target=wasm32-wasi", "-O2", "-c", out / f"{world}.c", "-o", out / "generated.o")
        return out

    def linked(self, out, world, user):
        core = out / "core.wasm"
        self.run_tool("clang-19", "--target=wasm32-wasi", "-mexec-model=reactor", user, out / "generated.o",
                      out / f"{world}_component_type.o", "-o", core)
        return core

    def echo_in_c(self):
        out = self.generated("echo")
        self.run_tool("clang-19", "--target=wasm32-wasi", "-O2", "-I", out, "-c", HERE / "echo.c", "-o", out / "user.o")
        return self.component("echo-c.wasm", self.linked(out, "echo", out / "user.o"))

    def pass_in_cpp(self):
        out = self.generated("pass")
        self.run_tool("clang++-19", "--target=wasm32-wasi", "-std=c++20", "-fno-exceptions", "-O2", "-I", out, "-c",
                      HERE / "pass.cpp", "-o", out / "user.o")
        return self.component("pass-cpp.wasm", self.linked(out, "pass", out / "user.o"))

    def in_rust(self, world):
        target = self.folder / "target"
        self.run_tool("cargo", "build", "--quiet", "--release", "--offline", "--locked", "--target", RUST_TARGET,
                      "--target-dir", target, "--manifest-path", HERE / "rust/Cargo.toml", "--features",
                      "pass" if world == "pass" else "")
        return self.component(f"{world}-rust.wasm", target / RUST_TARGET / "release/types.wasm")

    def joined(self, echo, passing):
        text = ["(component"]
        for name, part in (("echo", echo), ("pass", passing)):
            printed = tenon("print", str(part))
            self.assertEqual(printed.returncode, 0, printed.stderr)
            text.append(printed.stdout.replace("(component", f"(component ${name}", 1))
        text.append(f'(instance $e (instantiate $echo)) (instance $p (instantiate $pass (with "{INTERFACE}" (instance $e '
                    f'"{INTERFACE}")))) (export "{INTERFACE}" (instance $p "{INTERFACE}")))')
        whole = self.folder / f"{echo.stem}-{passing.stem}.wat"
        whole.write_text("\n".join(text))
        return whole

    def check(self, component):
        for function, values in VALUES.items():
            for value in values:
                with self.subTest(component=component.name, function=function, value=value):
                    told = tenon("run", str(component), "--invoke", f"{INTERFACE}.{function}({value})")
                    self.assertEqual((told.stdout.strip(), told.returncode), (value, 0), told.stderr)
        counters = tenon("run", str(component), "--invoke", f"{INTERFACE}.counters(5)")
        self.assertEqual(counters.stdout.strip(), "(21, 22)", counters.stderr)
        many = tenon("run", str(component), "--invoke", f'{INTERFACE}.many(1,2,3,4,5,6,"a","b","","d","e","🌍")')
        self.assertEqual(many.stdout.strip(), '"abde🌍"', many.stderr)

    @unittest.skipUnless(WIT_BINDGEN.exists(), "wit-bindgen is not installed: ./dev guest-tools")
    def test_c_and_cpp(self):
        echo = self.echo_in_c()
        self.check(echo)
        self.check(self.joined(echo, self.pass_in_cpp()))

    @unittest.skipUnless(has_rust(), "cargo, its target or the crate is not there: ./dev guest-tools")
    def test_rust(self):
        echo = self.in_rust("echo")
        self.check(echo)
        self.check(self.joined(echo, self.in_rust("pass")))

    @unittest.skipUnless(WIT_BINDGEN.exists() and has_rust(), "tools are missing: ./dev guest-tools")
    def test_one_language_with_another(self):
        self.check(self.joined(self.echo_in_c(), self.in_rust("pass")))
        self.check(self.joined(self.in_rust("echo"), self.pass_in_cpp()))


if __name__ == "__main__":
    unittest.main()
