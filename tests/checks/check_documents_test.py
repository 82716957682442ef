"""The document check finds dead links, code that does not compile, long checklists and tasks that do not exist."""

import pathlib
import tempfile
import unittest

import check_documents


class Documents(unittest.TestCase):
    def test_links(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            (pathlib.Path(folder) / "other.md").write_text("")
            for text, faults in [("[a](other.md)", 0), ("[a](other.md#part)", 0), ("[a](https://example.org/x)", 0),
                                 ("[a](#part)", 0), ("```\n[a](gone.md)\n```", 0), ("\n[a](gone.md)", 1)]:
                with self.subTest(text=text):
                    self.assertEqual(len(list(check_documents.check_links(page, text))), faults)
            self.assertEqual(list(check_documents.check_links(page, "\n[a](gone.md)")),
                             ["2: the link gone.md leads nowhere"])

    def test_code(self):
        for text, faults in [("```cpp\n#include <vector>\nstd::vector<int> v;\n```\n", 0),
                             ("```cpp\n#include <vector>\nstd::vectr<int> v;\n```\n", 1),
                             ("```cpp\nfragment(of, code);\n```\n", 0)]:
            with self.subTest(text=text):
                self.assertEqual(len(list(check_documents.check_code(text, "clang++-19", check_documents.ROOT))), faults)

    def test_boxes(self):
        for count, faults in [(0, 1), (1, 0), (8, 0), (9, 1)]:
            with self.subTest(count=count):
                page = pathlib.Path("docs/adding-a-thing.md")
                self.assertEqual(len(list(check_documents.check_boxes(page, "- [ ] do it\n" * count))), faults)

    def test_tasks(self):
        self.assertEqual(list(check_documents.check_tasks("a\n./dev fly now", {"test"})),
                         ["2: there is no task './dev fly'"])
        self.assertEqual(list(check_documents.check_tasks("./dev test", {"test"})), [])


if __name__ == "__main__":
    unittest.main()
