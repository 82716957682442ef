#!/usr/bin/env python3
"""Keeps the documents true as far as a machine can.

- Links: each relative link in a Markdown file names a file or folder of the project.
- Code: each ```cpp block that includes a public header compiles as C++20. Blocks without an include are fragments.
- Checklists: docs/adding-*.md have at most 8 boxes; their length is a measure of the design.
- Tasks: each `./dev TASK` that a document names exists.

usage: check_documents.py [COMPILER]
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_BOXES = 8

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.S | re.M)
TASK = re.compile(r"\./dev ([a-z]+(?:-[a-z]+)*)")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def check_links(path, text):
    for link in LINK.finditer(re.sub(r"```.*?```", lambda block: "\n" * block[0].count("\n"), text, flags=re.S)):
        if "://" not in link[1] and not link[1].startswith("mailto:") and not (path.parent / link[1]).exists():
            yield f"{line_of(text, link.start())}: the link {link[1]} leads nowhere"


def check_code(text, compiler, root):
    for block in BLOCK.finditer(text):
        if "#include" not in block[1]:
            continue
        result = subprocess.run([compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++",
                                 f"-I{root}/include", "-"], input=block[1], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            yield f"{line_of(text, block.start())}: the code does not compile:\n{result.stderr}"


def check_boxes(path, text):
    boxes = len(re.findall(r"^- \[[ x]\] ", text, re.M))
    if path.name.startswith("adding-") and not 1 <= boxes <= MAX_BOXES:
        yield f"1: {boxes} boxes, expected 1 to {MAX_BOXES}"


def check_tasks(text, tasks):
    for task in TASK.finditer(text):
        if task[1] not in tasks:
            yield f"{line_of(text, task.start())}: there is no task './dev {task[1]}'"


def documents(root):
    return sorted(path for path in root.rglob("*.md")
                  if not {"build", ".git"} & set(path.relative_to(root).parts))


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else "clang++-19"
    tasks = set(re.findall(r"^  ([a-z-]+)(?: \| [^)]*)?\) ", (ROOT / "dev").read_text(), re.M))
    faults, count = [], 0
    for path in documents(ROOT):
        count += 1
        text = path.read_text()
        for fault in (*check_links(path, text), *check_code(text, compiler, ROOT), *check_boxes(path, text),
                      *check_tasks(text, tasks)):
            faults.append(f"{path.relative_to(ROOT)}:{fault}")
    for fault in faults:
        print(fault)
    print(f"documents: {count} read, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
