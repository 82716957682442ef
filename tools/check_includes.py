#!/usr/bin/env python3
"""Holds every include of the project to the table in docs/architecture.md.

The table's last column says what a folder may include; that is transitive. This script reads the table, reads the
includes of all C and C++ files, and prints each include that no chain of the table's arrows allows, with its place. The
preprocessor is not asked: an include inside #if counts, which is what we want, and a check takes no build.

An include in quotes must name a file of the project; one in angle brackets is judged only if it names a public header
(<tenon/...>), everything else is a library's.

usage: check_includes.py [ROOT]
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = {".c", ".cpp", ".h", ".hpp", ".def"}
# Roots that the build searches for a quoted include, after the includer's own folder.
SEARCHED = ("src", "include", "apps", "tests")
ANYTHING = None


class TableError(Exception):
    pass


def read_table(markdown):
    """{row: names of other rows or files, or ANYTHING}, in the table's order."""
    rows = {}
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        folder = re.fullmatch(r"`([^`]+/)`", cells[0])
        if not line.startswith("|") or len(cells) != 3 or not folder:
            continue
        if cells[2] == "anything":
            rows[folder[1]] = ANYTHING
        elif cells[2] == "nothing":
            rows[folder[1]] = set()
        else:
            names = re.findall(r"`([^`]+)`", cells[2])
            if not names:
                raise TableError(f"row {folder[1]}: expected names in backticks, 'nothing' or 'anything', found '{cells[2]}'")
            rows[folder[1]] = {name if "/" in name else f"src/{name}/" for name in names}
    if not rows:
        raise TableError("found no table of folders")
    for row, allowed in rows.items():
        for name in allowed or ():
            if name.endswith("/") and name not in rows:
                raise TableError(f"row {row} names {name}, which has no row")
    return rows


def closure(rows):
    """What each row may include, by any chain of arrows, itself included."""
    reach = {}
    for row in rows:
        seen, queue = set(), [row]
        while queue:
            name = queue.pop()
            if name in seen:
                continue
            seen.add(name)
            queue.extend(rows.get(name) or ())
        reach[row] = ANYTHING if rows[row] is ANYTHING else seen
    return reach


def row_of(path, rows):
    return next((row for row in sorted(rows, key=len, reverse=True) if path.startswith(row)), None)


def resolve(root, includer, name):
    """The path, relative to the root, of the project's file that an include names, or None."""
    for folder in (str(includer.parent.relative_to(root)), *SEARCHED):
        candidate = root / folder / name
        if candidate.is_file():
            return str(candidate.resolve().relative_to(root.resolve()))
    return None


def check(root):
    """The violations, as lines of text."""
    root = pathlib.Path(root)
    rows = read_table((root / "docs/architecture.md").read_text())
    reach = closure(rows)
    faults = [f"{folder.relative_to(root)}/: a folder without a row in docs/architecture.md"
              for folder in sorted((root / "src").iterdir())
              if folder.is_dir() and f"src/{folder.name}/" not in rows]
    for row in rows:
        for path in sorted((root / row).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                faults += check_file(root, path, row, rows, reach)
    return faults


def check_file(root, path, row, rows, reach):
    faults = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        place = f"{path.relative_to(root)}:{number}"
        quoted, name = include[1] == '"', include[2]
        target = resolve(root, path, name)
        if target is None:
            if quoted and reach[row] is not ANYTHING:
                faults.append(f'{place}: "{name}" names no file of the project (a library\'s header stands in <>)')
            continue
        if not quoted and not target.startswith("include/"):
            continue
        allowed = reach[row]
        if allowed is not ANYTHING and row_of(target, rows) not in allowed and target not in allowed:
            faults.append(f"{place}: {row} may not include {target}")
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    try:
        faults = check(root)
    except TableError as error:
        faults = [f"docs/architecture.md: {error}"]
    for fault in faults:
        print(fault)
    print(f"includes: {len(faults)} against docs/architecture.md")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
