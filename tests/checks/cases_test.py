"""The runner of the cases reads them as its description says."""

import pathlib
import subprocess
import unittest

import run


class Cases(unittest.TestCase):
    def test_hex_has_comments_and_free_spacing(self):
        self.assertEqual(run.bytes_of_hex("00 61 73 6d # magic\n0100\n0000 # version\n"), b"\0asm\1\0\0\0")

    def test_the_folder_is_the_subcommand(self):
        self.assertEqual(run.commands(pathlib.Path("print/x.wat"), "(module)"), [["print", "%"]])

    def test_run_lines_replace_it(self):
        self.assertEqual(run.commands(pathlib.Path("print/x.wat"), ";; RUN: print --fold %\n;; RUN: validate %\n(module)"),
                         [["print", "--fold", "%"], ["validate", "%"]])
        self.assertEqual(run.commands(pathlib.Path("print/x.hex"), "# RUN: print %\n00"), [["print", "%"]])

    def test_outcome(self):
        def result(status, out, error):
            return run.outcome(subprocess.CompletedProcess([], status, out, error))

        self.assertEqual(result(0, b"text\n", b""), "text\n")
        self.assertEqual(result(1, b"", b"wrong\n"), "--- error\nwrong\n--- status 1\n")
        self.assertEqual(result(0, b"no end", b"warning\n"), "no end\n--- error\nwarning\n")
        self.assertEqual(result(0, b"\xff\0", b""), "ff 00\n")


if __name__ == "__main__":
    unittest.main()
