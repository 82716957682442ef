"""The measures count what they say they count."""

import pathlib
import tempfile
import unittest

import check_measures


class Functions(unittest.TestCase):
    # source, (name, lines from the head to the closing brace) of each function
    CASES = [
        ("int f() {\n  return 1;\n}\n", [("f", 3)]),
        ("int f();\n", []),
        ("namespace n {\nint f() { return 1; }\n}  // namespace n\n", [("f", 1)]),
        ("struct S {\n  int g(int a,\n        int b) const noexcept {\n    return a;\n  }\n  int x = 0;\n};\n", [("g", 4)]),
        ("S::S(int a) : a_(a), b_(g(a)) {\n}\n", [("S::S", 2)]),
        ("template <class T>\n  requires std::is_same_v<T, int>\nauto f(T t) -> Result<T> {\n  return t;\n}\n", [("f", 5)]),
        ("bool operator==(A a, B b) {\n  return true;\n}\n", [("operator==", 3)]),
        ('const char* f() {\n  return "}}{{";  // }\n}\nint g() { return \'}\'; }\n', [("f", 3), ("g", 1)]),
        ("int f() {\n  auto g = [](int x) { return x; };\n  if (g(1)) {\n  }\n  return 2;\n}\n", [("f", 6)]),
        ("constexpr int table[] = {1, 2};\nenum class E { a, b };\n", []),
        ("int f(int x = 1'000'000) { return x; }\n", [("f", 1)]),
        ("#define BODY(x) {\nint f() {\n}\n", [("f", 2)]),
    ]

    def test_cases(self):
        for source, expected in self.CASES:
            with self.subTest(source=source):
                found = [(name, last - first + 1) for name, first, last in check_measures.functions(source)]
                self.assertEqual(found, expected)

    def test_one_line_cases_comments_and_blank_lines_do_not_count(self):
        lines = ["int f(E e) {", "  // why", "", "  switch (e) {", "    case E::a: return 1;", "    default: return 2;",
                 "#define X", "  }", "}"]
        self.assertEqual(check_measures.counted_lines(lines), 4)


class Tree(unittest.TestCase):
    def faults(self, contents):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in contents.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return [fault for check in (check_measures.check_spread, check_measures.check_files,
                                        check_measures.check_functions, check_measures.check_unfinished)
                    for _, faults in check(root) for fault in faults]

    def test_a_name_in_too_many_files(self):
        spread = {f"src/{i}/x.cpp": "i32_popcnt\n" for i in range(5)}
        self.assertEqual(self.faults(spread), [])
        self.assertEqual(len(self.faults({**spread, "bench/y.cpp": '"i32.popcnt"\n'})), 6)
        self.assertEqual(self.faults({**spread, "tests/y.cpp": "i32_popcnt\n"}), [])

    def test_a_large_file(self):
        small = {f"src/{i}.cpp": "\n" for i in range(3)}
        self.assertEqual(self.faults({**small, "src/a.cpp": "\n" * 1200, "src/a.def": "\n" * 5000}), [])
        self.assertEqual(self.faults({**small, "src/a.cpp": "\n" * 1201}), ["src/a.cpp: 1201 lines"])

    def test_a_high_median(self):
        self.assertEqual(self.faults({"src/a.cpp": "\n" * 199}), [])
        self.assertEqual(self.faults({"src/a.cpp": "\n" * 200}), ["more than half of the files are larger"])

    def test_a_long_function(self):
        long = "int f() {\n" + "  g();\n" * 59 + "}\n"
        self.assertEqual(self.faults({"src/a.cpp": long}), ["src/a.cpp:1: f has 61 lines"])
        self.assertEqual(self.faults({"tests/a.cpp": long}), [])

    def test_exceptions_need_a_reason_and_a_use(self):
        long = "int f() {\n" + "  g();\n" * 59 + "}\n"
        listed = "tools/measures_exceptions.txt"
        self.assertEqual(self.faults({"src/a.cpp": long, listed: "# why\nsrc/a.cpp f a list of phases\n"}), [])
        self.assertEqual(self.faults({"src/a.cpp": long, listed: "src/a.cpp f\n"}), [f"{listed}: src/a.cpp f has no reason"])
        self.assertEqual(self.faults({"src/a.cpp": "", listed: "src/a.cpp f phases\n"}),
                         [f"{listed}: src/a.cpp f is no exception any more"])

    def test_a_promise_of_later_work(self):
        word = "TO" "DO"
        self.assertEqual(self.faults({"src/a.cpp": f"// {word}: later\n"}), [f"src/a.cpp:1: // {word}: later"])
        self.assertEqual(self.faults({"src/a.cpp": "// todos are fine here\n"}), [])


if __name__ == "__main__":
    unittest.main()
