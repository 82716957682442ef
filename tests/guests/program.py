"""Made a component by componentize-py: CPython, and much of its standard library."""

import csv, dataclasses, datetime, decimal, hashlib, heapq, io, itertools, json, os, re, statistics, sys, textwrap
from collections import Counter
from wit_world import exports


@dataclasses.dataclass
class Word:
    text: str
    count: int


class Run(exports.Run):
    def run(self) -> None:
        text = open("/box/text.txt").read() if os.path.isdir("/box") else "the quick brown fox jumps over the lazy dog the end"
        words = Counter(re.findall(r"[a-z]+", text.lower()))
        top = [Word(word, count) for word, count in words.most_common(3)]
        print("hello world", json.dumps([dataclasses.asdict(word) for word in top]))
        print(hashlib.sha256(text.encode()).hexdigest()[:16], decimal.Decimal(1) / decimal.Decimal(7))
        print(statistics.mean(words.values()), datetime.date(2026, 11, 21).isoformat(), sys.version_info[:2] >= (3, 10))
        table = io.StringIO()
        csv.writer(table).writerows([["a", "b,c"], [1, 2]])
        print(repr(table.getvalue()), textwrap.shorten(text, 20))
        fib = lambda n: n if n < 2 else fib(n - 1) + fib(n - 2)
        print("fib", fib(16), list(itertools.islice(itertools.count(1, 7), 4)))
        try:
            open("/etc/passwd")
        except OSError as error:
            print("no:", error.strerror)
        print(sys.argv[1:], os.environ.get("NAME"), file=sys.stderr)
        if "fail" in sys.argv:
            raise ValueError("as asked")
