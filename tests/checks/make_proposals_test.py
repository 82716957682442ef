"""The page of proposals is made from the rows of features.def and from what was seen."""

import unittest

import make_proposals

ROWS = """
// A comment.
TENON_FEATURE(gc, "gc", true, "garbage collection", "https://example.org/gc")
TENON_FEATURE(old_way, "old-way", false, "the old way (a, b)", "https://example.org/old")
"""


class Proposals(unittest.TestCase):
    def test_rows(self):
        rows = make_proposals.rows(ROWS)
        self.assertEqual([row["option"] for row in rows], ["gc", "old-way"])
        self.assertEqual([row["on"] for row in rows], [True, False])
        self.assertEqual(rows[1]["title"], "the old way (a, b)")

    def test_every_row_of_the_project_is_read(self):
        definitions = (make_proposals.ROOT / "src/spec/features.def").read_text()
        written = sum(line.startswith("TENON_FEATURE(") for line in definitions.splitlines())
        self.assertEqual(len(make_proposals.rows(definitions)), written)
        self.assertGreater(written, 20)

    def test_table(self):
        seen = {layer: layer != "interpreter" for layer in make_proposals.LAYERS}
        lines = make_proposals.table(make_proposals.rows(ROWS), {"gc": seen, "old-way": seen}).splitlines()
        self.assertEqual(lines[2], "| [garbage collection](https://example.org/gc) | `gc` | yes | yes | yes | yes | yes | no |")
        self.assertEqual(lines[3].split("|")[3].strip(), "no")
        self.assertEqual(len(lines), 4)


if __name__ == "__main__":
    unittest.main()
