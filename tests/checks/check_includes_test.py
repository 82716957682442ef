"""The include check finds what the table forbids, and nothing else."""

import pathlib
import tempfile
import unittest

import check_includes

TABLE = """
# Architecture
| folder | what it is | may include |
| --- | --- | --- |
| `src/base/` | bytes | `include/tenon/result.hpp` |
| `src/model/` | data | `base` |
| `src/binary/` | bytes to data | `model` |
| `src/text/` | text to data | `model` |
| `include/tenon/` | public | nothing |
| `apps/tenon/` | program | `include/tenon/` |
| `tests/` | tests | anything |
"""


class Table(unittest.TestCase):
    def test_names_are_folders_of_src_unless_they_say_otherwise(self):
        rows = check_includes.read_table(TABLE)
        self.assertEqual(rows["src/model/"], {"src/base/"})
        self.assertEqual(rows["apps/tenon/"], {"include/tenon/"})
        self.assertEqual(rows["include/tenon/"], set())
        self.assertIs(rows["tests/"], check_includes.ANYTHING)

    def test_may_include_is_transitive(self):
        reach = check_includes.closure(check_includes.read_table(TABLE))
        self.assertEqual(reach["src/binary/"], {"src/binary/", "src/model/", "src/base/", "include/tenon/result.hpp"})

    def test_a_name_without_a_row_is_an_error(self):
        with self.assertRaisesRegex(check_includes.TableError, "names src/modle/"):
            check_includes.read_table(TABLE + "| `src/wit/` | WIT | `modle` |\n")

    def test_a_cell_without_names_is_an_error(self):
        with self.assertRaisesRegex(check_includes.TableError, "found 'base'"):
            check_includes.read_table("| `src/wit/` | WIT | base |\n")

    def test_no_table_is_an_error(self):
        with self.assertRaisesRegex(check_includes.TableError, "no table"):
            check_includes.read_table("# Architecture\n")


class Includes(unittest.TestCase):
    # path of the including file, its line, what the check says ('' for nothing)
    CASES = [
        ("src/base/x.cpp", '#include "base/bytes.hpp"', ""),
        ("src/base/x.cpp", '#include "bytes.hpp"', ""),
        ("src/base/x.cpp", '#include "tenon/result.hpp"', ""),
        ("src/base/x.cpp", '#include <tenon/tools.hpp>', "src/base/ may not include include/tenon/tools.hpp"),
        ("src/base/x.cpp", '#include "model/module.hpp"', "src/base/ may not include src/model/module.hpp"),
        ("src/base/x.cpp", '  #  include "../model/module.hpp"', "src/base/ may not include src/model/module.hpp"),
        ("src/base/x.cpp", '// #include "model/module.hpp"', ""),
        ("src/base/x.cpp", "#include <vector>", ""),
        ("src/base/x.cpp", '#include "vector.h"', '"vector.h" names no file of the project'),
        ("src/binary/x.hpp", '#include "base/bytes.hpp"', ""),
        ("src/binary/x.hpp", '#include "tenon/result.hpp"', ""),
        ("src/binary/x.hpp", '#include "text/text.hpp"', "src/binary/ may not include src/text/text.hpp"),
        ("include/tenon/x.hpp", '#include "tenon/result.hpp"', ""),
        ("include/tenon/x.hpp", '#include "base/bytes.hpp"', "include/tenon/ may not include src/base/bytes.hpp"),
        ("apps/tenon/x.cpp", '#include "tenon/tools.hpp"', ""),
        ("apps/tenon/x.cpp", '#include "model/module.hpp"', "apps/tenon/ may not include src/model/module.hpp"),
        ("tests/x.cpp", '#include "text/text.hpp"', ""),
        ("src/wit/x.cpp", "", "src/wit/: a folder without a row"),
    ]

    def test_cases(self):
        for path, line, expected in self.CASES:
            with self.subTest(path=path, line=line), tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder)
                contents = {"docs/architecture.md": TABLE, path: "\n" + line + "\n"}
                for name in ("src/base/bytes.hpp", "src/model/module.hpp", "src/text/text.hpp",
                             "include/tenon/result.hpp", "include/tenon/tools.hpp"):
                    contents.setdefault(name, "")
                for name, text in contents.items():
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text)
                faults = check_includes.check(root)
                if expected:
                    self.assertEqual(len(faults), 1, faults)
                    self.assertIn(expected, faults[0])
                    if line:
                        self.assertTrue(faults[0].startswith(f"{path}:2: "), faults[0])
                else:
                    self.assertEqual(faults, [])


if __name__ == "__main__":
    unittest.main()
