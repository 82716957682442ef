"""End to end: the program's conventions. What each subcommand says about one file is in tests/cases.

usage: TENON=PROGRAM python3 program_test.py
"""

import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
SUBCOMMANDS = ["parse", "print", "validate", "objdump", "strip", "wast", "completion"]
GOOD = b'(module (func (export "answer") (result i32) i32.const 42))'
INVALID = b"(module (func (result i32) i64.const 42))"
EMPTY = b"\0asm\1\0\0\0"


def tenon(*arguments, stdin=b"", folder=None):
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, cwd=folder, timeout=60, check=False)


def tenon_on_terminal(*arguments, stdin=b""):
    """The status, and what came out of a terminal that stands for standard output and standard error."""
    leader, follower = pty.openpty()
    with subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=follower, stderr=follower) as process:
        os.close(follower)
        process.stdin.write(stdin)
        process.stdin.close()
        output = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            output += piece
        os.close(leader)
        return process.wait(timeout=60), output


class InFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, contents):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
        return str(path)


class ExitCodes(InFolder):
    def test_0_when_done(self):
        self.assertEqual(tenon("validate", stdin=GOOD).returncode, 0)

    def test_1_for_refused_input(self):
        self.assertEqual(tenon("validate", stdin=INVALID).returncode, 1)
        self.assertEqual(tenon("parse", stdin=b"(module").returncode, 1)
        self.assertEqual(tenon("print", stdin=EMPTY[:6]).returncode, 1)

    def test_2_for_wrong_usage(self):
        for arguments in [[], ["no-such-subcommand"], ["validate", "--no-such-option"], ["validate", "--color", "blue"],
                          ["validate", "--features", "no-such-feature"], ["completion", "tcsh"], ["wast"],
                          ["wast", "--filter", "(", "x.wast"], ["--color", "never", "validate"]]:
            self.assertEqual(tenon(*arguments, stdin=GOOD).returncode, 2, arguments)

    def test_3_for_failed_input_or_output(self):
        self.assertEqual(tenon("validate", "no-such-file.wasm").returncode, 3)
        self.assertEqual(tenon("validate", str(self.folder)).returncode, 3)
        self.assertEqual(tenon("parse", "-o", "no/such/folder/x.wasm", stdin=GOOD, folder=self.folder).returncode, 3)
        if os.path.exists("/dev/full"):
            self.assertEqual(tenon("parse", "-o", "/dev/full", stdin=GOOD).returncode, 3)

    def test_worst_of_several_files(self):
        good, invalid = self.write("good.wat", GOOD), self.write("invalid.wat", INVALID)
        self.assertEqual(tenon("validate", good, invalid, good).returncode, 1)
        self.assertEqual(tenon("validate", good, good).returncode, 0)


class Help(unittest.TestCase):
    def test_names_every_subcommand(self):
        result = tenon("--help")
        self.assertEqual(result.returncode, 0)
        for name in SUBCOMMANDS:
            self.assertIn(name.encode(), result.stdout)

    def test_of_every_subcommand(self):
        for name in SUBCOMMANDS:
            result = tenon(name, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, b""), name)
            self.assertIn(f"tenon {name}".encode(), result.stdout)

    def test_version(self):
        self.assertRegex(tenon("--version").stdout, rb"^tenon \d+\.\d+\.\d+\n$")

    def test_wrong_usage_goes_to_standard_error(self):
        result = tenon("validate", "--no-such-option")
        self.assertEqual(result.stdout, b"")
        self.assertIn(b"error: The following argument was not expected: --no-such-option", result.stderr)

    def test_an_unknown_subcommand_is_named(self):
        result = tenon("no-such-subcommand")
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertIn(b'error: there is no subcommand "no-such-subcommand"', result.stderr)


class InputAndOutput(InFolder):
    def test_text_and_binary_are_interchangeable(self):
        binary = tenon("parse", stdin=GOOD).stdout
        self.assertTrue(binary.startswith(EMPTY))
        self.assertEqual(tenon("print", stdin=binary).stdout, tenon("print", stdin=GOOD).stdout)
        self.assertEqual(tenon("validate", self.write("text.wasm", GOOD)).returncode, 0)
        self.assertEqual(tenon("validate", self.write("binary.wat", binary)).returncode, 0)

    def test_dash_is_standard_input_and_output(self):
        self.assertEqual(tenon("parse", "-", "-o", "-", stdin=GOOD).stdout, tenon("parse", stdin=GOOD).stdout)

    def test_output_file(self):
        result = tenon("parse", "-o", "x.wasm", stdin=GOOD, folder=self.folder)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))
        self.assertEqual((self.folder / "x.wasm").read_bytes(), tenon("parse", stdin=GOOD).stdout)

    def test_no_output_file_for_refused_input(self):
        tenon("parse", "-o", "x.wasm", stdin=b"(module", folder=self.folder)
        self.assertFalse((self.folder / "x.wasm").exists())

    def test_wat_gives_text(self):
        self.assertTrue(tenon("parse", "-t", stdin=GOOD).stdout.startswith(b"(module"))
        self.assertTrue(tenon("strip", "--wat", stdin=GOOD).stdout.startswith(b"(module"))

    def test_binary_does_not_go_to_a_terminal(self):
        status, output = tenon_on_terminal("parse", stdin=GOOD)
        self.assertEqual(status, 2)
        self.assertNotIn(b"\0", output)
        self.assertIn(b"-o", output)

    def test_large_input_from_a_pipe(self):
        text = b"(module " + b"(func nop) " * 100_000 + b")"
        self.assertEqual(tenon("validate", stdin=text).returncode, 0)

    def test_verbose_tells_sizes_on_standard_error(self):
        result = tenon("parse", "-v", stdin=b"(module)")
        self.assertEqual(result.stdout, EMPTY)
        self.assertEqual(result.stderr, b"8 bytes read, 8 written\n")


class Errors(InFolder):
    def test_have_place_source_line_and_caret(self):
        self.write("x.wat", b"(module\n  (fnuc))")
        lines = tenon("validate", "x.wat", folder=self.folder).stderr.decode().splitlines()
        self.assertTrue(lines[0].startswith("error: "), lines)
        self.assertEqual(lines[1], "  --> x.wat:2:4")
        self.assertEqual(lines[3:5], ["   2 |   (fnuc))", "     |    ^~~~"])

    def test_of_binaries_have_the_offset_twice(self):
        result = tenon("validate", stdin=EMPTY + b"\1\4\1")
        self.assertRegex(result.stderr, rb"--> <stdin>: byte 0x[0-9a-f]+ \(\d+\)")

    def test_are_coloured_as_asked(self):
        never = tenon("validate", "--color", "never", stdin=INVALID).stderr
        always = tenon("validate", "--color", "always", stdin=INVALID).stderr
        self.assertNotIn(b"\x1b[", never)
        self.assertIn(b"\x1b[", always)
        self.assertEqual(tenon("validate", stdin=INVALID).stderr, never)
        self.assertIn(b"\x1b[", tenon_on_terminal("validate", stdin=INVALID)[1])

    def test_obey_no_color(self):
        os.environ["NO_COLOR"] = "1"
        self.addCleanup(os.environ.pop, "NO_COLOR")
        self.assertNotIn(b"\x1b[", tenon_on_terminal("validate", stdin=INVALID)[1])

    def test_cannot_move_the_cursor(self):
        self.assertNotIn(b"\x1b", tenon("validate", stdin=b"(module \x1b[2J)").stderr)


class Features(unittest.TestCase):
    THREADS = b"(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))"

    def test_can_be_switched_off_and_on(self):
        self.assertEqual(tenon("validate", stdin=self.THREADS).returncode, 0)
        self.assertEqual(tenon("validate", "--features", "-threads", stdin=self.THREADS).returncode, 1)
        self.assertEqual(tenon("validate", "--features=none,threads", stdin=self.THREADS).returncode, 0)

    def test_suggest_the_nearest_name(self):
        self.assertIn(b'"threads"', tenon("validate", "--features", "thread", stdin=GOOD).stderr)


class Json(InFolder):
    def test_of_validate_is_one_object_a_file(self):
        result = tenon("validate", "--json", self.write("a.wat", GOOD), self.write("b.wat", INVALID))
        first, second = map(json.loads, result.stdout.splitlines())
        self.assertEqual((first["valid"], second["valid"]), (True, False))
        self.assertEqual(second["error"]["kind"], "invalid")
        self.assertTrue(second["error"]["message"].startswith("type mismatch"))
        self.assertEqual(result.returncode, 1)

    def test_of_objdump_lists_sections(self):
        listing = json.loads(tenon("objdump", "--json", stdin=GOOD).stdout)
        self.assertEqual([each["section"] for each in listing["sections"]], ["type", "function", "export", "code"])


class Wast(InFolder):
    SCRIPT = b"""(module)
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_invalid (module (func)) "type mismatch")
"""

    def sums(self, *arguments):
        return tenon("wast", *arguments).stdout.splitlines()[-1].decode()

    def test_ends_with_the_sums(self):
        result = tenon("wast", self.write("a.wast", self.SCRIPT))
        self.assertEqual(result.stdout.splitlines()[-1], b"3 passed, 1 failed, 0 skipped")
        self.assertEqual(result.returncode, 1)

    def test_shows_the_source_of_a_failure(self):
        result = tenon("wast", self.write("a.wast", self.SCRIPT))
        self.assertIn(b"a.wast:4:1\n", result.stdout)
        self.assertIn(b'   4 | (assert_invalid (module (func)) "type mismatch")\n', result.stdout)

    def test_fault_inside_a_module_is_shown_at_its_own_place(self):
        result = tenon("wast", self.write("a.wast", b"(module\n  (func)\n  (fnuc))\n"))
        self.assertIn(b"a.wast:3:4\n", result.stdout)

    def test_kind_counts_before_the_message(self):
        for script in [b'(assert_malformed (module (func (result i32))) "type mismatch")',
                       b'(assert_invalid (module quote "(func") "unexpected token")']:
            self.assertEqual(self.sums(self.write("a.wast", script)), "0 passed, 1 failed, 0 skipped")

    def test_message_must_be_a_prefix(self):
        script = b'(assert_invalid (module (func (result i32))) "mismatch")'
        self.assertEqual(self.sums(self.write("a.wast", script)), "0 passed, 1 failed, 0 skipped")

    def test_components_are_run(self):
        script = self.write("a.wast", b"(component) (component definition $C) (component instance $c $C)")
        result = tenon("wast", "-v", script)
        self.assertEqual(result.stdout.splitlines()[-1], b"3 passed, 0 failed, 0 skipped")

    def test_script_that_does_not_parse_is_a_failure(self):
        result = tenon("wast", self.write("a.wast", b"(module) (assert_nothing)"))
        self.assertEqual(result.stdout.splitlines()[-1], b"0 passed, 1 failed, 0 skipped")
        self.assertIn(b"assert_nothing", result.stdout)

    def test_folders_are_searched(self):
        self.write("b/two.wast", b"(module)")
        self.write("a/one.wast", b"(module)")
        self.write("a/other.txt", b"nothing")
        lines = tenon("wast", "-v", str(self.folder)).stdout.decode().splitlines()
        self.assertEqual([line.rsplit("/", 1)[-1] for line in lines[:2]], ["one.wast: ok", "two.wast: ok"])
        self.assertEqual(lines[-1], "2 passed, 0 failed, 0 skipped")

    def test_one_line_of_a_file(self):
        self.assertEqual(self.sums(self.write("a.wast", self.SCRIPT) + ":2"), "1 passed, 0 failed, 0 skipped")

    def test_filter(self):
        sums = self.sums("--filter", "assert_malformed$", self.write("a.wast", self.SCRIPT))
        self.assertEqual(sums, "1 passed, 0 failed, 0 skipped")

    def test_list_runs_nothing(self):
        path = self.write("a.wast", self.SCRIPT)
        self.assertEqual(tenon("wast", "--list", path).stdout.decode(),
                         f"{path}:1: module\n{path}:2: assert_invalid\n"
                         f"{path}:3: assert_malformed\n{path}:4: assert_invalid\n")

    def test_json_is_one_object_a_directive_and_the_sums(self):
        path = self.write("a.wast", self.SCRIPT)
        objects = [json.loads(line) for line in tenon("wast", "--json", path).stdout.splitlines()]
        self.assertEqual([each.get("outcome") for each in objects], ["passed", "passed", "passed", "failed", None])
        self.assertEqual((objects[3]["file"], objects[3]["line"], objects[3]["directive"]), (path, 4, "assert_invalid"))
        self.assertEqual(objects[4], {"passed": 3, "failed": 1, "skipped": 0})

    def test_expected_failure_is_a_skip(self):
        for line in ["a.wast:4", "a.wast"]:
            expect = self.write("expect.txt", f"# why\n{line}  # here\n".encode())
            result = tenon("wast", "--expect", expect, self.write("a.wast", self.SCRIPT))
            self.assertEqual(result.stdout, b"3 passed, 0 failed, 1 skipped\n", line)
            self.assertEqual(result.returncode, 0)

    def test_unexpected_pass_fails(self):
        expect = self.write("expect.txt", b"a.wast:2\na.wast:4\n")
        result = tenon("wast", "--expect", expect, self.write("a.wast", self.SCRIPT))
        self.assertEqual(result.stdout.splitlines()[-1], b"2 passed, 1 failed, 1 skipped")
        self.assertIn(b"unexpected pass", result.stdout)
        expect = self.write("expect.txt", b"b.wast\n")
        self.assertEqual(self.sums("--expect", expect, self.write("b.wast", b"(module)")), "1 passed, 1 failed, 0 skipped")

    def test_expectations_name_whole_parts_of_paths(self):
        expect = self.write("expect.txt", b".wast:4\n")
        sums = self.sums("--expect", expect, self.write("a.wast", self.SCRIPT))
        self.assertEqual(sums, "3 passed, 1 failed, 0 skipped")

    def test_expectations_give_features(self):
        script = self.write("old/a.wast", b'(assert_invalid (module (memory 0) (memory 0)) "multiple memories")')
        self.assertEqual(self.sums(script), "0 passed, 1 failed, 0 skipped")
        for line in ["old/ --features all,-multi-memory", "old/a.wast --features all,-multi-memory"]:
            expect = self.write("expect.txt", line.encode())
            self.assertEqual(self.sums("--expect", expect, script), "1 passed, 0 failed, 0 skipped", line)

    def test_file_that_does_not_exist_is_a_failure(self):
        self.assertEqual(self.sums("no-such.wast"), "0 passed, 1 failed, 0 skipped")


class Interruption(unittest.TestCase):
    def test_ends_a_guest_that_waits_and_loses_nothing(self):
        guest = pathlib.Path(__file__).resolve().parent.parent / "cases/run/waiting_ends_with_the_time.wat"
        with subprocess.Popen([PROGRAM, "run", str(guest)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=10)
        self.assertEqual((process.returncode, rest, errors), (-signal.SIGINT, b"", b""))


class Completion(InFolder):
    def test_names_subcommands_and_options(self):
        for shell in ["bash", "zsh", "fish"]:
            result = tenon("completion", shell)
            self.assertEqual(result.returncode, 0)
            for word in [*SUBCOMMANDS, "skeleton", "features", "filter"]:
                self.assertIn(word.encode(), result.stdout, shell)
            self.assertNotIn(b"--worker ", result.stdout)

    def test_works_in_bash(self):
        script = self.write("completion.bash", tenon("completion", "bash").stdout)

        def complete(*words):
            quoted = " ".join(f"'{word}'" for word in words)
            test = f". {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _tenon; echo ${{COMPREPLY[@]}}"
            return subprocess.run(["bash", "-c", test], capture_output=True, check=True).stdout.decode().split()

        self.assertEqual(complete("tenon", "va"), ["validate"])
        self.assertEqual(complete("tenon", "print", "--sk"), ["--skeleton"])
        self.assertEqual(complete("tenon", "completion", "z"), ["zsh"])
        self.assertEqual(complete("tenon", "component", "n"), ["new"])
        self.assertEqual(complete("tenon", "component", "new", "--ada"), ["--adapt"])
        self.assertEqual(complete("tenon", "component", "embed", "--encoding", "utf1"), ["utf16"])
        self.assertEqual(complete("tenon", "run", "--color", "a"), ["auto", "always"])
        self.assertEqual(complete("tenon", "run", ""), [])

    def test_is_sound_in_other_shells(self):
        for shell in ["zsh", "fish"]:
            if shutil.which(shell):
                script = self.write("completion", tenon("completion", shell).stdout)
                subprocess.run([shell, "-n", script], check=True)


if __name__ == "__main__":
    unittest.main()
