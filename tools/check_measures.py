#!/usr/bin/env python3
"""The measures of the design: how far one fact is spread, and how much a reader must hold in mind at once.

- Names: how many files that are no tests name one instruction. A high number means a second list somewhere.
- Files: none over 1,200 lines but tables (*.def); the median under 200.
- Functions: none over 60 lines. A line that is one case of a switch, a preprocessor line, a comment and a blank line do
  not count, so that a switch of one-line cases passes; phase lists and the like are named in tools/measures_exceptions.txt
  with their reason, and an exception that is no longer needed fails.
- Unfinished: no line that promises later work.

Functions are found by their braces, in text without comments and literals. That is not a parser: it takes the outermost
braces that follow a parameter list for a body. It was chosen over a compiler's tree because it needs no build and takes
well under a second, and it errs on the side of counting.

usage: check_measures.py [ROOT]
"""

import pathlib
import re
import statistics
import sys

SPREAD = [  # pattern, the name as people know it, files at most
    (r"i32[._]popcnt", "i32.popcnt", 5),
    (r"memory[._]fill", "memory.fill", 6),
    (r"waitable[-_.]set[-_.]drop", "waitable-set.drop", 4),
]
MAX_FILE_LINES = 1200
MAX_MEDIAN_LINES = 199
MAX_FUNCTION_LINES = 60
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")

PRODUCT = ("src", "include", "apps")
CODE = (*PRODUCT, "fuzz", "bench", "examples")
ALL = (*CODE, "tests", "tools")
C_SUFFIXES = (".c", ".cpp", ".h", ".hpp")

TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/"                             # comments
    r'|R"([^(\s]*)\(.*?\)\1"'                         # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                           # strings
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"           # characters, but not digit separators
    r"|^[ \t]*#(?:\\\n|[^\n])*",                      # preprocessor lines
    re.S | re.M)


def blanked(text):
    """The text with comments, literals and preprocessor lines turned into spaces; lines and columns stay."""
    return TOKENS.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


BODY_HEAD = re.compile(r"""
    \)\s*                                             # a parameter list has ended
    (?:const|noexcept(?:\s*\([^()]*\))?|override|final|mutable|&&?|volatile|\s
      |\[\[[^\]]*\]\]                                 # attributes
      |->\s*[^{};]+                                   # trailing return type
      |requires[^{};]+
      |:(?!:)[^;]*                                    # member initializers
    )*$""", re.X)
NOT_A_BODY = re.compile(r"\b(?:if|for|while|switch|catch)\s*(?:constexpr\s*)?\(")
NAME = re.compile(r"(~?[A-Za-z_][\w:]*|operator\s*[^\s(]+)\s*\($")


def function_name(head):
    """The name before the first parenthesis of a function's head; '' when it is no function's head."""
    for parenthesis in re.finditer(r"\(", head):
        name = NAME.search(head[: parenthesis.end()])
        if name and name[1] not in ("requires", "alignas", "decltype", "noexcept", "explicit", "__attribute__"):
            return name[1]
    return ""


def functions(text):
    """(name, first line, last line) of each outermost function body; lines from 1."""
    code = blanked(text)
    found, opened, start_of_head = [], [], 0
    body_depth = None  # depth of the brace that opened the body we are in
    for brace in re.finditer(r"[{};]", code):
        char, at = brace[0], brace.start()
        if char == "{":
            if body_depth is None:
                head = code[start_of_head:at]
                name = function_name(head) if BODY_HEAD.search(head) and not NOT_A_BODY.match(head.strip()) else ""
                if name:
                    body_depth = len(opened)
                    first_char = start_of_head + len(head) - len(head.lstrip())
                    found.append([name, code.count("\n", 0, first_char) + 1, 0])
            opened.append(at)
        elif char == "}":
            if opened:
                opened.pop()
            if body_depth is not None and len(opened) == body_depth:
                found[-1][2] = code.count("\n", 0, at) + 1
                body_depth = None
        if body_depth is None:
            start_of_head = at + 1
    return [tuple(entry) for entry in found if entry[2]]


CASE = re.compile(r"^\s*(case\b.*|default:.*)$")


def counted_lines(lines):
    """How many of a function's lines count: not cases in one line, preprocessor lines, comments or blank lines."""
    return sum(1 for line in lines
               if line.strip() and not CASE.match(line) and not line.lstrip().startswith(("#", "//")))


def files(root, folders, suffixes):
    return [path for folder in folders for path in sorted((root / folder).rglob("*"))
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts]


def check_spread(root):
    texts = {path: path.read_text(errors="replace") for path in files(root, CODE, (*C_SUFFIXES, ".def"))}
    for pattern, name, most in SPREAD:
        naming = [str(path.relative_to(root)) for path, text in texts.items() if re.search(pattern, text)]
        yield f"files that name {name}: {len(naming)} (at most {most})", \
            naming if len(naming) > most else []


def check_files(root):
    sizes = {path: path.read_text(errors="replace").count("\n") for path in files(root, ALL, (*C_SUFFIXES, ".py"))}
    large = [f"{path.relative_to(root)}: {size} lines" for path, size in sizes.items() if size > MAX_FILE_LINES]
    yield f"largest file: {max(sizes.values(), default=0)} lines (at most {MAX_FILE_LINES})", large
    product = [size for path, size in sizes.items() if path.relative_to(root).parts[0] in PRODUCT]
    median = statistics.median(product) if product else 0
    yield f"median file of {', '.join(PRODUCT)}: {median:g} lines (under {MAX_MEDIAN_LINES + 1})", \
        ["more than half of the files are larger"] if median > MAX_MEDIAN_LINES else []


def read_exceptions(path):
    """{(file, function)} from lines `file function reason...`."""
    entries = {}
    for line in path.read_text().splitlines() if path.is_file() else ():
        if line.strip() and not line.startswith("#"):
            file, function, reason = (line.split(None, 2) + ["", ""])[:3]
            entries[(file, function)] = reason
    return entries


def check_functions(root):
    exceptions = read_exceptions(root / "tools/measures_exceptions.txt")
    faults = [f"tools/measures_exceptions.txt: {file} {function} has no reason"
              for (file, function), reason in exceptions.items() if not reason]
    largest, used = 0, set()
    for path in files(root, CODE, C_SUFFIXES):
        text = path.read_text(errors="replace")
        lines = text.splitlines()
        for name, first, last in functions(text):
            size = counted_lines(lines[first - 1 : last])
            key = (str(path.relative_to(root)), name)
            if size > MAX_FUNCTION_LINES and key in exceptions:
                used.add(key)
                continue
            largest = max(largest, size)
            if size > MAX_FUNCTION_LINES:
                faults.append(f"{key[0]}:{first}: {name} has {size} lines")
    faults += [f"tools/measures_exceptions.txt: {file} {function} is no exception any more"
               for file, function in sorted(set(exceptions) - used)]
    yield f"largest function: {largest} lines (at most {MAX_FUNCTION_LINES}; {len(used)} named exceptions)", faults


def check_unfinished(root):
    hits = [f"{path.relative_to(root)}:{number}: {line.strip()}"
            for path in files(root, ALL, (*C_SUFFIXES, ".def", ".py", ".sh", ".txt", ".cmake"))
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
            if UNFINISHED.search(line)]
    yield f"lines that promise later work: {len(hits)} (none)", hits


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    broken = False
    for check in (check_spread, check_files, check_functions, check_unfinished):
        for measure, faults in check(root):
            print(measure)
            for fault in faults:
                print(f"  {fault}")
            broken = broken or bool(faults)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
