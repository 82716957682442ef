"""The modules of a script are found where they stand."""

import unittest

import seeds


class Modules(unittest.TestCase):
    CASES = [
        ("(module)", ["(module)"]),
        ("(module $a (func))\n(assert_return (invoke \"f\"))\n(module $b)", ["(module $a (func))", "(module $b)"]),
        ('(assert_invalid (module (func (result i32))) "type mismatch")', ["(module (func (result i32)))"]),
        ('(module (data ")") (; ( ;) ;; )\n)', ['(module (data ")") (; ( ;) ;; )\n)']),
        ('(module binary "\\00asm")', ['(module binary "\\00asm")']),
        ("(component $c (core module (func)))", ["(component $c (core module (func)))"]),
        ("(register \"m\" $modules) (modules)", []),
        (";; (module)\n(; (module) ;)", []),
    ]

    def test_cases(self):
        for script, expected in self.CASES:
            with self.subTest(script=script):
                self.assertEqual(list(seeds.modules(script)), expected)


if __name__ == "__main__":
    unittest.main()
