"""The same as a component of Python, with a unit of its own: text, dictionaries, sorting and numbers."""

import sys

from wit_world import exports


def unit():
    counts = {}
    for i in range(300):
        word = "w" + str((i * 7919) % 251)
        counts[word] = counts.get(word, 0) + 1
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
    text = ",".join("%s:%d" % item for item in best)
    total = sum(int(part.split(":")[1]) for part in text.split(","))
    for i in range(2000):
        total = (total * 31 + (i ^ (total >> 3))) & 0x7FFFFFFF
    return total


class Run(exports.Run):
    def run(self) -> None:
        while True:
            unit()
            sys.stdout.write("\n")
            sys.stdout.flush()
