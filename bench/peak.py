#!/usr/bin/env python3
"""How much work is done after 0.1, 1 and 10 seconds from a cold start, in Tenon and in other engines.

  ./dev bench peak [--component FILE]... [--component-in-node SCRIPT] [--repeat N] [--write-docs] [kernel...]

Each program works for ever and writes a byte after each unit of work (bench/peak/guest.c around kernels of bench/kernels;
guest.js, guest.py and guest.cpp there, made components by componentize-js, componentize-py and `tenon component new`, are given by
--component; kernel `none` measures nothing else). The clock begins when the process is started, so loading and compiling
count; no engine keeps compiled code. Engines take turns; what is shown is the median of the
units at each mark, over those of the same source compiled by clang -O2 for the machine, or of the component over Tenon's.
SCRIPT is what node runs for the first component, as jco has transpiled it. Engines are found as bench/peers.py finds them.
Results go to build/release/peak.json; --write-docs writes the tables between the marks in docs/performance.md.
"""

import argparse
import datetime
import json
import os
import pathlib
import select
import signal
import statistics
import subprocess
import sys
import time

import peers

MARKS = (0.1, 1.0, 10.0)
KERNELS = ("json", "mandelbrot", "regex", "sha256", "sieve")
NODE = """
const {WASI} = require('node:wasi'), fs = require('fs');
const wasi = new WASI({version: 'preview1', args: ['guest', process.argv[2]], env: {}});
const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
wasi.start(new WebAssembly.Instance(module_, wasi.getImportObject()));
"""


def units_at_marks(command):
    """Bytes written by the marks, or None if the program ended by itself."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        counts, count, marks = [], 0, list(MARKS)
        try:
            while marks:
                left = marks[0] - (time.perf_counter() - began)
                if left <= 0:
                    counts.append(count)
                    marks.pop(0)
                    continue
                if select.select([process.stdout], [], [], left)[0]:
                    data = os.read(process.stdout.fileno(), 65536)
                    if not data:
                        return None
                    count += len(data)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    return counts


def build_kernel(kernel):
    guest, source = peers.ROOT / "bench/peak/guest.c", peers.ROOT / f"bench/kernels/{kernel}.c"
    compiler = peers.find("CC", "clang-19") or peers.find("CC", "clang")
    native, wasm = peers.BUILD / f"peak-{kernel}", peers.BUILD / f"peak-{kernel}.wasm"
    subprocess.run([compiler, "-O2", "-fno-builtin", str(source), str(guest), "-o", str(native), "-lm"], check=True)
    subprocess.run([compiler, "--target=wasm32-wasi", "-O2", "-fno-builtin", "-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint",
                    str(source), str(guest), "-o", str(wasm)], check=True)
    return str(native), str(wasm)


def rounds_of_a_unit(kernel):
    """Rounds that take the native program about a millisecond."""
    program = peers.build_native(kernel)
    many = peers.calibrate(program, 0.2)
    return str(max(many // 200, 1))


def engines(component):
    """By name, the command for a file and its arguments."""
    tenon = str(peers.BUILD / "tenon")
    found = {f"Tenon {tier}": (lambda file, *rest, tier=tier: [tenon, "run", "--no-cache", "--tier", tier, file, *rest])
             for tier in ("auto", "baseline", "interpreter", "optimizing")}
    if component:
        del found["Tenon interpreter"]
    if wasmtime := peers.find("WASMTIME", "wasmtime"):
        found["wasmtime"] = lambda file, *rest: [wasmtime, "run", "-C", "cache=n", file, *rest]
    if (node := peers.find("NODE", "node")) and not component:
        found["V8"] = lambda file, *rest: [node, "--no-warnings", "-e", NODE, file, *rest]
    return found


def measure(commands, repeat):
    seen = {}
    for _ in range(repeat):
        for name, command in commands.items():
            counts = units_at_marks(command)
            if counts is not None:
                seen.setdefault(name, []).append(counts)
    return {name: [statistics.median(run[i] for run in runs) for i in range(len(MARKS))] for name, runs in seen.items()}


def tables(results):
    lines = [f"Seen on {results['date']} on {results['machine']['processors']} processors ({results['machine']['processor']}), "
             f"with a load of {results['machine']['load']} when it began.", ""]
    names = list(dict.fromkeys(n for row in results["programs"].values() for n in row if n != "native"))
    lines += ["| program | after | " + " | ".join(names) + " |", "| --- | --- |" + " --- |" * len(names)]
    shares = {name: [[] for _ in MARKS] for name in names}
    for program, row in results["programs"].items():
        base = row.get("native")
        for i, mark in enumerate(MARKS):
            cells = []
            for name in names:
                if name not in row:
                    cells.append("")
                elif base:
                    share = row[name][i] / max(base[i], 1)
                    shares[name][i].append(max(share, 1e-3))
                    cells.append(f"{share:.2f}")
                else:
                    cells.append(f"{row[name][i]:.0f}")
            lines.append(f"| {program} | {mark:g} s | " + " | ".join(cells) + " |")
    for i, mark in enumerate(MARKS):
        cells = [f"{peers.geometric_mean(shares[n][i]):.2f}" if shares[n][i] else "" for n in names]
        lines.append(f"| geometric mean of the kernels | {mark:g} s | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kernels", nargs="*")
    parser.add_argument("--component", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--component-in-node", help="what node runs for the first")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--from", dest="source", help="show the results of this file, and measure nothing")
    options = parser.parse_args()
    if options.source:
        results = json.loads(pathlib.Path(options.source).read_text())
    else:
        results = {"date": datetime.date.today().isoformat(), "machine": peers.machine(), "programs": {}}
        for kernel in [] if options.kernels == ["none"] else options.kernels or KERNELS:
            native, wasm = build_kernel(kernel)
            rounds = rounds_of_a_unit(kernel)
            commands = {"native": [native, rounds]}
            commands |= {name: command(wasm, rounds) for name, command in engines(False).items()}
            results["programs"][kernel] = measure(commands, options.repeat)
            print(kernel, results["programs"][kernel], file=sys.stderr, flush=True)
        for component in options.component:
            commands = {name: command(str(component)) for name, command in engines(True).items()}
            if options.component_in_node and component is options.component[0]:
                commands["V8"] = [peers.find("NODE", "node"), options.component_in_node]
            results["programs"][component.stem + ", units"] = row = measure(commands, options.repeat)
            print(component.stem, row, file=sys.stderr, flush=True)
        (peers.BUILD / "peak.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results))
    if options.write_docs:
        peers.write_section("peak", tables(results))


if __name__ == "__main__":
    main()
