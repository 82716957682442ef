#!/usr/bin/env python3
"""How fast modules are compiled, in Tenon and in other engines, on one processor.

  ./dev bench compile FILE.wasm... [--native] [--write-docs]

Shown are megabytes of code section for a second of processor time, validation included: Tenon's baseline
(bench/compile.cpp), V8's Liftoff in one thread, and wasmtime's Winch and Cranelift (`wasmtime compile`, less what an empty module
takes; its threads' time is added up). V8 keeps what it has compiled, by content, so each round gets other bytes. --native
compiles each module with LLVM too, which takes long, and shows how long the file that comes of it takes to be loaded, beside
Liftoff's time for the same module. Engines are found as bench/peers.py finds them. Results go to build/release/compile.json;
--write-docs writes the table between the marks in docs/performance.md.
"""

import argparse
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import peers

LIFTOFF = """
const b = require('fs').readFileSync(process.argv[1]);
let best = Infinity;
for (let i = 0; i < 3; ++i) {
  const c = Buffer.concat([b, Buffer.from([0, 6, 1, 120, i, 7, 7, Math.random() * 255 | 0])]);
  const before = process.cpuUsage();
  new WebAssembly.Module(c);
  const used = process.cpuUsage(before);
  best = Math.min(best, used.user + used.system);
}
console.log(best / 1e6);
"""


def name_of(path):
    return path.parent.name if path.stem == "benchmark" else path.stem


def baseline(path):
    out = subprocess.run([str(peers.BUILD / "bench_compile"), str(path)], capture_output=True, text=True, check=True).stdout
    size, validate, translate, emit, whole, made = (float(x) for x in out.splitlines()[-1].split()[1:])
    return {"megabytes": size, "validate": validate, "translate": translate, "emit": emit, "Tenon baseline": whole, "made": made}


def liftoff(path, size):
    node = peers.find("NODE", "node")
    if not node:
        return {}
    out = subprocess.run([node, "--liftoff-only", "--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=1", "-e", LIFTOFF,
                          str(path)], capture_output=True, text=True)
    return {"V8 Liftoff": size / float(out.stdout)} if out.returncode == 0 else {}


def wasmtime(path, size):
    program = peers.find("WASMTIME", "wasmtime")
    found = {}
    for name, options in (("wasmtime Winch", ["-C", "compiler=winch"]), ("wasmtime Cranelift", [])) if program else ():
        with tempfile.TemporaryDirectory() as folder:
            def command(module):
                return [program, "compile", "-C", "cache=n", *options, str(module), "-o", folder + "/out"]
            measured, empty = peers.timed(command(path)), peers.timed(command(peers.ROOT / "bench/empty.wasm"))
        if measured and empty:
            found[name] = size / max(measured[0] - empty[0], 1e-6)
    return found


def native(path, size):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/{path.stem}.tnn"
        compiled = peers.timed([str(peers.BUILD / "tenon"), "compile", str(path), "-o", out])
        if compiled is None:
            return {}
        loaded = subprocess.run([str(peers.BUILD / "bench_native_load"), out], capture_output=True, text=True, check=True).stdout
        return {"Tenon LLVM": size / compiled[0], "load, ms": float(loaded.split()[-1])}


def tables(results):
    names = ["Tenon baseline", "V8 Liftoff", "wasmtime Winch", "wasmtime Cranelift", "Tenon LLVM"]
    lines = [f"Seen on {results['date']} on {results['machine']['processors']} processors ({results['machine']['processor']}), "
             f"with a load of {results['machine']['load']} when it began.", "",
             "| module | code, MB | " + " | ".join(names) + " | Liftoff, ms | load of a compiled file, ms | ratio |",
             "| --- | --- |" + " --- |" * (len(names) + 3)]
    for module, row in results["modules"].items():
        cells = [f"{row[n]:.3f}" if n == "Tenon LLVM" and n in row else f"{row[n]:.1f}" if n in row else "" for n in names]
        time = row["megabytes"] / row["V8 Liftoff"] * 1000 if "V8 Liftoff" in row else 0
        cells.append(f"{time:.1f}" if time else "")
        cells.append(f"{row['load, ms']:.2f}" if "load, ms" in row else "")
        cells.append(f"{time / row['load, ms']:.1f}" if "load, ms" in row and time else "")
        lines.append(f"| {module} | {row['megabytes']:.2f} | " + " | ".join(cells) + " |")
    lines += ["", "Of the baseline's time, by stage, as megabytes a second of each by itself:", "",
              "| module | validate | translate to bytecode | compile that | machine code, MB |", "| --- | --- | --- | --- | --- |"]
    for module, row in results["modules"].items():
        lines.append(f"| {module} | {row['validate']:.0f} | {row['translate']:.0f} | {row['emit']:.0f} | {row['made']:.2f} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", type=pathlib.Path)
    parser.add_argument("--native", action="store_true", help="with LLVM, too")
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--from", dest="source", help="show the results of this file, and measure nothing")
    options = parser.parse_args()
    if options.source:
        results = json.loads(pathlib.Path(options.source).read_text())
    else:
        results = {"date": datetime.date.today().isoformat(), "machine": peers.machine(), "modules": {}}
        for path in options.modules:
            row = baseline(path)
            row |= liftoff(path, row["megabytes"])
            row |= wasmtime(path, row["megabytes"])
            if options.native:
                row |= native(path, row["megabytes"])
            results["modules"][name_of(path)] = row
            print(name_of(path), row, file=sys.stderr, flush=True)
        (peers.BUILD / "compile.json").write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results))
    if options.write_docs:
        peers.write_section("compile", tables(results))


if __name__ == "__main__":
    main()
