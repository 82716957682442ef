#!/usr/bin/env python3
"""The programs of the sightglass suite in Tenon's tiers and in other engines, in turns, in one run.

  ./dev bench sightglass FOLDER [--repeat N] [--only REGEX] [--tiers a,b] [--write-docs]

FOLDER holds the suite's benchmarks: a folder each, with .wasm files and what they read. Each run is a process of its own.
Where Tenon takes 20 ms or more, what counts is the processor time of the process less that for the suite's `noop`, with
all code compiled before; others on the machine disturb that less than a clock. Of shorter programs, and of V8, it is the time
between the guest's calls of `bench.start` and `bench.end`: of a clock, or V8's processor time. In no case starting, or compiling ahead,
counts. Tenon's side is bench/sightglass.cpp; wasmtime gets bench/sightglass.wat as the module `bench`, and
node the same in JavaScript. Components run in Tenon only. Of each engine the least time of its turns is divided by that of
Tenon's optimizing tier; a program whose output differs from what the suite expects is marked. Engines are found as
bench/peers.py finds them. Results go to build/release/sightglass.json; --write-docs writes the tables between the marks in
docs/performance.md.
"""

import argparse
import datetime
import functools
import json
import math
import os
import pathlib
import re
import resource
import subprocess
import sys

import peers

NODE = """
const {WASI} = require('node:wasi'), fs = require('fs');
let begin = 0n, end = 0n, used;
const wasi = new WASI({version: 'preview1', preopens: {'.': process.argv[2]}, args: ['guest'], env: {}});
const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[1]));
const instance = new WebAssembly.Instance(module_, {wasi_snapshot_preview1: wasi.wasiImport, bench: {
  start() { used = process.cpuUsage(); begin = process.hrtime.bigint(); },
  end() { end = process.hrtime.bigint(); used = process.cpuUsage(used); }}});
process.on('exit', () => console.error('bench ' + (end - begin) + '\\ncpu ' + (used.user + used.system) * 1000));
wasi.start(instance);
"""
TIME_LIMIT = 300


def engines(tiers):
    driver = str(peers.BUILD / "bench_sightglass")
    found = {f"Tenon {tier}": (lambda file, folder, tier=tier: [driver, tier, file, folder]) for tier in tiers}
    if wasmtime := peers.find("WASMTIME", "wasmtime"):
        clock = str(peers.ROOT / "bench/sightglass.wat")
        for name, options in (("wasmtime Cranelift", []), ("wasmtime Winch", ["-C", "compiler=winch"])):
            found[name] = lambda file, folder, options=tuple(options): [
                wasmtime, "run", "--allow-precompiled", *options, "--dir", f"{folder}::.", "--preload", f"bench={clock}",
                precompiled(wasmtime, options, file)]
    if node := peers.find("NODE", "node"):
        for name, flags in (("V8", []), ("V8 TurboFan", ["--no-liftoff", "--no-wasm-lazy-compilation"])):
            found[name] = lambda file, folder, flags=flags: [node, *flags, "--no-warnings", "-e", NODE, file, folder]
    return found


@functools.cache
def cache():
    """A folder for what Tenon's optimizing tier has compiled: it need not be compiled again for each turn."""
    folder = peers.BUILD / "sightglass-cache"
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


@functools.cache
def precompiled(wasmtime, options, file):
    """The file as wasmtime has compiled it ahead of time."""
    name = re.sub(r"\W", "-", file + "".join(options))
    out = f"{cache()}/{name}.cwasm"
    subprocess.run([wasmtime, "compile", *options, file, "-o", out], capture_output=True)
    return out


def is_component(path):
    return path.read_bytes()[4:8] == b"\x0d\0\1\0"


def expected_output(path):
    for name in (path.with_suffix(".stdout.expected"), path.parent / "default.stdout.expected"):
        if name.exists():
            return name.read_text(errors="replace")
    return None


def measure(command):
    """Milliseconds between start and end, those of processor time, and what was printed; None where the program failed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, env={**os.environ, "TENON_BENCH_CACHE": cache()})
    except (subprocess.TimeoutExpired, OSError):
        return None
    found = re.findall(rb"bench (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    if inside := re.findall(rb"cpu (\d+)", done.stderr):
        processor = int(inside[-1]) / 1e6
    return int(found[-1]) / 1e6, processor, done.stdout.decode(errors="replace")


def run_program(path, found, repeat, idle):
    row, outputs, times, processor = {}, {}, {}, {}
    for name, command in found.items():  # compiles what is kept
        if name == "Tenon optimizing" and not is_component(path):
            measure(command(str(path), str(path.parent)))
    for _ in range(repeat):
        for name, command in found.items():
            long = sum(times.get(name, [])) > 20_000  # needs no more turns
            if long or row.get(name) == "fails" or (is_component(path) and not name.startswith("Tenon")):
                continue
            result = measure(command(str(path), str(path.parent)))
            if result is None:
                row[name] = "fails"
                continue
            times.setdefault(name, []).append(result[0])
            processor.setdefault(name, []).append(result[1])
            outputs.setdefault(name, result[2])
    for name, values in times.items():
        if row.get(name) != "fails":
            used = min(processor[name]) - (0 if name.startswith("V8") else idle.get(name, 0))
            row[name] = {"least": min(values), "processor": max(used, 0.01), "turns": len(values)}
    expected = expected_output(path)
    for name, cell in row.items():
        if cell != "fails":
            # Times that a program prints itself are its own affair.
            cell["agrees"] = expected is None or outputs[name].strip() == expected.strip() or \
                outputs[name].strip() == outputs[next(iter(outputs))].strip()
    return row


def measure_idle(noop, found):
    """Processor time of each engine for a program that does nothing."""
    runs = {name: [measure(command(str(noop), str(noop.parent))) for _ in range(5)] for name, command in found.items()}
    return {name: min(run[1] for run in results if run) for name, results in runs.items() if any(results)}


def tables(results):
    names = results["engines"]
    base = "Tenon optimizing"
    lines = [f"Seen on {results['date']} on {results['machine']['processors']} processors ({results['machine']['processor']}), "
             f"with a load of {results['machine']['load']} when it began. Milliseconds of Tenon's optimizing tier; of the others "
             "their time over that: more than 1 is slower than Tenon.", "",
             "| program | " + " | ".join([base + ", ms"] + [n for n in names if n != base]) + " |",
             "| --- |" + " --- |" * len(names)]
    ratios = {name: [] for name in names if name != base}
    sums = {name: [0.0, 0.0] for name in names}
    for program, row in results["programs"].items():
        own = row.get(base)
        if not isinstance(own, dict) or program == "noop":
            continue
        metric = "processor" if own["processor"] >= 20 else "least"
        cells = [f"{own[metric]:.1f}"]
        for name in names:
            if name == base:
                continue
            cell = row.get(name)
            if not isinstance(cell, dict):
                cells.append("fails" if cell == "fails" else "")
                continue
            ratio = cell[metric] / own[metric]
            ratios[name].append(ratio)
            sums[name][0] += cell[metric]
            sums[name][1] += own[metric]
            cells.append(f"{ratio:.2f}" + ("" if cell["agrees"] else " (other output)"))
        if len(results["programs"]) <= 45 or not program.startswith("libsodium"):
            lines.append(f"| {program} | " + " | ".join(cells) + " |")
    means = {name: peers.geometric_mean(values) for name, values in ratios.items() if values}
    lines.append("| geometric mean | | " + " | ".join(f"{means[n]:.2f}" if n in means else "" for n in names if n != base) + " |")
    lines.append("| all time together | | " + " | ".join(
        f"{sums[n][0] / sums[n][1]:.2f}" if sums[n][1] else "" for n in names if n != base) + " |")
    lines.append("| programs | | " + " | ".join(str(len(ratios[n])) for n in names if n != base) + " |")
    if len(results["programs"]) > 45:
        lines += ["", "The programs of libsodium are in the means, and not shown one by one."]
    return "\n".join(lines), means


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="", help="programs whose name this expression finds")
    parser.add_argument("--tiers", default="optimizing,baseline,auto")
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--from", dest="source", help="show the results of this file, and measure nothing")
    options = parser.parse_args()
    if options.source:
        results = json.loads(pathlib.Path(options.source).read_text())
    else:
        found = engines(options.tiers.split(","))
        results = {"date": datetime.date.today().isoformat(), "machine": peers.machine(), "engines": list(found), "programs": {}}
        paths = sorted(path for path in options.folder.rglob("*.wasm"))
        idle = measure_idle(options.folder / "noop/benchmark.wasm", found)
        for path in paths:
            name = str(path.relative_to(options.folder)).removesuffix(".wasm").removesuffix("/benchmark")
            if not re.search(options.only, name):
                continue
            results["programs"][name] = row = run_program(path, found, options.repeat, idle)
            shown = {n: cell if cell == "fails" else round(cell["least"], 2) for n, cell in row.items()}
            print(name, shown, file=sys.stderr, flush=True)
            (peers.BUILD / "sightglass.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results)[0])
    if options.write_docs:
        peers.write_section("sightglass", tables(results)[0])


if __name__ == "__main__":
    main()
