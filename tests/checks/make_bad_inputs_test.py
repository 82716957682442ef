"""Bad inputs are the same for the same number, differ from their seeds, and keep to a size."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import make_bad_inputs

SEEDS = [b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\4\1\2\0\x0b", b'(module (func $f (export "f") (result i32) (i32.const 1)))']


class BadInputs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "seeds").mkdir()
        for i, seed in enumerate(SEEDS):
            (self.folder / "seeds" / str(i)).write_bytes(seed)

    def make(self, name, number):
        program = [sys.executable, make_bad_inputs.__file__, self.folder / name, "300", str(number), self.folder / "seeds"]
        subprocess.run(program, check=True, capture_output=True)
        return [file.read_bytes() for file in sorted((self.folder / name).iterdir())]

    def test_same_number_same_inputs(self):
        first = self.make("a", 7)
        self.assertEqual(len(first), 300)
        self.assertEqual(first, self.make("b", 7))
        self.assertNotEqual(first, self.make("c", 8))

    def test_inputs_are_damaged_and_no_larger_than_they_may_be(self):
        inputs = self.make("a", 1)
        unchanged = sum(data in SEEDS for data in inputs)
        self.assertLess(unchanged, 15)
        self.assertGreater(len(set(inputs)), 250)
        self.assertLessEqual(max(map(len, inputs)), make_bad_inputs.MAX_INPUT)

    def test_every_kind_of_damage_takes_any_seed(self):
        rng = make_bad_inputs.random.Random(3)
        for kind in (*make_bad_inputs.BYTES, make_bad_inputs.damage_words):
            for size in (1, 2, 300):
                with self.subTest(kind=kind.__name__, size=size):
                    self.assertIsInstance(kind(rng, b"(" * size, b"x"), bytes)


if __name__ == "__main__":
    unittest.main()
