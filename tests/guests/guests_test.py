"""Real guests: programs in several languages, built by their own compilers, run with `tenon run`.

A language whose compiler is not installed is skipped, by name. `./dev guest-tools` installs those of JavaScript, Python and
AssemblyScript, which come from npm and PyPI.

usage: TENON=PROGRAM python3 guests_test.py
"""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
os.environ["XDG_CACHE_HOME"] = os.path.join(os.path.dirname(PROGRAM), "cache")
HERE = pathlib.Path(__file__).resolve().parent
TOOLS = pathlib.Path(os.environ.get("TENON_GUEST_TOOLS", pathlib.Path(PROGRAM).parent.parent / "guest-tools"))
NPM = TOOLS / "node_modules/.bin"
PYTHON = TOOLS / "python/bin/componentize-py"


def has_rust_target(target):
    if not shutil.which("rustc"):
        return False
    found = subprocess.run(["rustc", "--print", "target-libdir", "--target", target], capture_output=True, text=True,
                           check=False)
    return found.returncode == 0 and pathlib.Path(found.stdout.strip()).is_dir()


class Guest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.work = self.folder / "work"
        self.work.mkdir()
        self.wasm = str(self.folder / "guest.wasm")

    def build(self, *command, **environment):
        subprocess.run(command, check=True, timeout=1200, env={**os.environ, **environment})

    def run_guest(self, *arguments, stdin=b"", options=()):
        return subprocess.run([PROGRAM, "run", *options, self.wasm, *arguments], input=stdin, capture_output=True,
                              timeout=60, check=False)

    def grants(self):
        return ("--dir", f"{self.work}::/box")


class C(Guest):
    def test_files_clocks_and_what_is_not_granted(self):
        self.build("clang-19", "--target=wasm32-wasi", "-O2", str(HERE / "files.c"), "-o", self.wasm)
        result = self.run_guest("a", "b c", options=(*self.grants(), "--env", "HOME=/box"))
        self.assertEqual(result.stdout.decode(), "2 arguments, last b c, HOME /box\n8890 bytes\nline 1\nl"
                                                 ". .. link moved\n")
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertEqual(list(self.work.iterdir()), [])

    def test_without_a_directory_the_note_names_the_option(self):
        self.build("clang-19", "--target=wasm32-wasi", "-O2", str(HERE / "files.c"), "-o", self.wasm)
        result = self.run_guest()
        self.assertEqual(result.returncode, 9)
        self.assertIn(b"--dir HOST[::GUEST] would allow it", result.stderr)

    def test_read_only_directories_refuse_and_say_so(self):
        self.build("clang-19", "--target=wasm32-wasi", "-O2", str(HERE / "files.c"), "-o", self.wasm)
        result = self.run_guest(options=("--dir", f"{self.work}::/box:ro"))
        self.assertEqual(result.returncode, 9)
        self.assertIn(b"mkdir: Read-only file system", result.stderr)
        self.assertIn(b"which was granted read-only", result.stderr)


class Cpp(Guest):
    def test_streams_and_containers(self):
        self.build("clang++-19", "--target=wasm32-wasi", "-O2", "-fno-exceptions", str(HERE / "lines.cpp"), "-o",
                   self.wasm)
        result = self.run_guest("z", "--", "x", stdin=b"b\na\nb\n")
        self.assertEqual((result.stdout, result.stderr, result.returncode), (b"a 1\nb 2\n", b"--\nx\nz\n", 2))


class Rust(Guest):
    def expect_words(self, target):
        if not has_rust_target(target):
            self.skipTest(f"no rustc with the target {target}")
        self.build("rustc", "--edition", "2021", "--target", target, "-O", str(HERE / "words.rs"), "-o", self.wasm)
        result = self.run_guest("x", stdin=b"one two one", options=(*self.grants(), "--env", "GREETING=hi"))
        self.assertEqual(result.stdout.decode().splitlines(),
                         ['["x"] Some("hi")', '{"one": 2, "two": 1}', "true", "true"])
        return result

    def test_standard_library_on_preview1(self):
        self.assertEqual(self.expect_words("wasm32-wasip1").returncode, 3)

    def test_standard_library_on_0_2(self):
        self.assertNotEqual(self.expect_words("wasm32-wasip2").returncode, 0)  # most of its exit codes become 1


class Journal(Guest):
    """A guest that is killed while it writes: what it synced and moved is whole."""

    def expect_whole_files(self, target):
        if not has_rust_target(target):
            self.skipTest(f"no rustc with the target {target}")
        self.build("rustc", "--edition", "2021", "--target", target, "-O", str(HERE / "journal.rs"), "-o", self.wasm)
        for delay in (0.01, 0.05, 0.1, 0.15, 0.2, 0.25):
            with subprocess.Popen([PROGRAM, "run", *self.grants(), self.wasm], stdout=subprocess.PIPE) as process:
                done = int(process.stdout.readline())
                time.sleep(delay)
                process.kill()
                done = int((process.stdout.read().splitlines() or [done])[-1])
            content = (self.work / "journal").read_bytes()
            self.assertEqual(len(content), 4 << 20)
            numbers = set(struct.iter_unpack("<I", content))
            self.assertEqual(len(numbers), 1, "pieces of several")
            self.assertIn(numbers.pop()[0], (done, done + 1))

    def test_files_on_preview1(self):
        self.expect_whole_files("wasm32-wasip1")

    def test_files_on_0_2(self):
        self.expect_whole_files("wasm32-wasip2")


class RustSockets(Guest):
    def setUp(self):
        super().setUp()
        if not has_rust_target("wasm32-wasip2"):
            self.skipTest("no rustc with the target wasm32-wasip2")
        self.build("rustc", "--edition", "2021", "--target", "wasm32-wasip2", "-O", str(HERE / "client.rs"), "-o",
                   self.wasm)

    def test_a_client_reaches_what_it_may(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            name = f"127.0.0.1:{server.getsockname()[1]}"
            server.settimeout(60)
            answers = []

            def serve():
                connection, _ = server.accept()
                with connection:
                    answers.append(connection.recv(100))
                    connection.sendall(b"answer")

            thread = threading.Thread(target=serve)
            thread.start()
            result = self.run_guest(name, options=("--allow-net", name))
            thread.join()
        self.assertEqual((result.stdout, result.returncode), (b"answer\n", 0), result.stderr)
        self.assertEqual(answers, [b"question"])

    def test_a_client_does_not_reach_what_it_may_not(self):
        result = self.run_guest("127.0.0.1:9")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b"--allow-net 127.0.0.1:9 would allow it", result.stderr)


@unittest.skipUnless(shutil.which("go"), "no go")
class Go(Guest):
    def test_standard_library(self):
        self.build("go", "build", "-o", self.wasm, str(HERE / "program.go"), GOOS="wasip1", GOARCH="wasm")
        result = self.run_guest("x", "y", stdin=b"b\na\n", options=(*self.grants(), "--env", "GREETING=hi"))
        self.assertEqual(result.stdout.decode().splitlines(),
                         ["[x y] hi", "data <nil>", "file false", "true", "[a b]", "42 true"])
        self.assertEqual(result.returncode, 5, result.stderr)


@unittest.skipUnless((NPM / "componentize-js").exists(), "no componentize-js (./dev guest-tools)")
class JavaScript(Guest):
    """A JavaScript engine of 10 MB inside, running packages of npm."""

    def test_an_engine_with_packages_urls_and_timers(self):
        source = self.folder / "program.js"
        shutil.copy(HERE / "program.js", source)
        (self.folder / "node_modules").symlink_to(TOOLS / "node_modules")
        bundle = self.folder / "bundle.js"
        self.build(str(NPM / "rolldown"), str(source), "--format", "esm", "-o", str(bundle))
        self.build(str(NPM / "componentize-js"), str(bundle), "--wit", str(HERE / "program.wit"), "--world-name", "program",
                   "-o", self.wasm)
        result = self.run_guest()
        self.assertEqual(result.stdout.decode().splitlines(), [
            "hello world", "fib 6765", "event for one", "heard again: false", "68c3a96c6c6fff00 hi 8",
            "https://example.org:8443/b?x=1&y=%C3%A9#part 8443 é", "first tick tick tick", '[["a",1]] 1,2,3', "€ 4"])
        self.assertEqual(result.returncode, 0, result.stderr)


@unittest.skipUnless(PYTHON.exists(), "no componentize-py (./dev guest-tools)")
class Python(Guest):
    """CPython inside, importing its standard library."""

    def setUp(self):
        super().setUp()
        shutil.copy(HERE / "program.py", self.folder / "program.py")
        self.build(str(PYTHON), "-d", str(HERE / "program.wit"), "-w", "program", "componentize", "-p", str(self.folder),
                   "program", "-o", self.wasm)

    def test_the_standard_library_and_files(self):
        (self.work / "text.txt").write_text("One two two three three three")
        result = self.run_guest("x", options=(*self.grants(), "--env", "NAME=value"))
        lines = result.stdout.decode().splitlines()
        self.assertEqual(lines[0], 'hello world [{"text": "three", "count": 3}, {"text": "two", "count": 2}, '
                                   '{"text": "one", "count": 1}]')
        self.assertEqual(lines[1:4], ["5241519a3ce15ea3 0.1428571428571428571428571429", "2 2026-11-21 True",
                                      "'a,\"b,c\"\\r\\n1,2\\r\\n' One two two [...]"])
        self.assertEqual(lines[4], "fib 987 [1, 8, 15, 22]")
        self.assertTrue(lines[5].startswith("no: "))
        self.assertEqual((result.stderr, result.returncode), (b"['x'] value\n", 0))

    def test_an_exception_is_a_failure(self):
        result = self.run_guest("fail")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(b"ValueError: as asked", result.stderr)


@unittest.skipUnless((NPM / "asc").exists(), "no asc (./dev guest-tools)")
class AssemblyScript(Guest):
    def test_functions(self):
        self.build(str(NPM / "asc"), str(HERE / "primes.ts"), "-o", self.wasm, "-O", "--runtime", "incremental",
                   "--use", "abort=")
        for call, expected in (("primes_below(1000)", b"168\n"), ("letters(10)", b"21\n"), ("root(2.25)", b"1.5\n")):
            self.assertEqual(self.run_guest(options=("--invoke", call)).stdout, expected, call)


if __name__ == "__main__":
    unittest.main()
