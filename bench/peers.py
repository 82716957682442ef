#!/usr/bin/env python3
"""Tenon's tiers and other engines on the same work, in turns, in one run.

  ./dev bench peers [--repeat N] [--seconds S] [--fuel] [--coremark FOLDER] [--write-docs] [kernel...]

Each kernel of bench/kernels is one module with the export `run(rounds)`; those of vectors (`simd_`) run only if they are named, for
not all engines have vectors. Every engine that is found runs it as a process of its own: once for a few rounds and once for many, and
the difference in processor time is what counts, so neither start-up nor compiling does. That is repeated in turns, and each time is
divided by that of the native program next to it; what is shown is the median of those ratios. Where an engine gives another result
than the native program, the row says so. Start-up is the time of a process that runs an empty module.

CoreMark's terms bind its name to unmodified copies, so it is no part of this project: FOLDER is a copy of its sources. It is
built from them for the machine and for WASI, with its port for POSIX, and a row shows each engine's score over the native
one (more is faster).

Engines are looked up in PATH, or named by variables: WASMTIME, WASM2C, WASMER (`wasmer`), WASMER_RUN (a program of three arguments:
compiler, module, rounds), WASMI, WAZERO, NODE, CC (clang for native code). Nothing is fetched. Wazero's program calls no
exports, so it gets the kernels as commands of WASI. Results go to build/release/peers.json; --write-docs writes the tables between the marks in docs/performance.md
and the plot docs/peers.svg from them.
"""

import argparse
import datetime
import functools
import json
import math
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
KERNELS = BUILD / "bench/kernels"
TIME_LIMIT = 300
RUNTIME_OF_WASM2C = pathlib.Path("/usr/share/wabt/wasm2c")  # as packages of wabt install it

NODE_RUN = ("const i=new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[1])));"
            "console.log(i.exports.run(Number(process.argv[2])))")
NODE_EMPTY = "new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[1])))"

NODE_COMMAND = ("const {WASI}=require('node:wasi');"
                "const w=new WASI({version:'preview1',args:['guest',...process.argv.slice(2)],env:{}});"
                "w.start(new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[1])),"
                "w.getImportObject()))")
MAIN = ('#include <stdio.h>\n#include <stdlib.h>\nextern unsigned run(unsigned);\n'
        'int main(int c, char** v) { printf("%d\\n", (int)run((unsigned)atoi(v[c - 1]))); return 0; }\n')
COREMARK_ITERATIONS = 100000  # of compiled code: some seconds, so that compiling is little beside it


def find(variable, name):
    return os.environ.get(variable) or shutil.which(name)


class Engine:
    """How one engine runs a module: `run(module, rounds)` and `empty(module)` give command lines."""

    def __init__(self, name, run, empty, version, command=None):
        self.name, self.run, self.empty = name, run, empty
        self.command = command  # of a program of WASI and its arguments, if it runs such
        try:
            out = subprocess.run(version, capture_output=True, text=True, timeout=60).stdout
            self.version = " ".join(out.split("\n")[0].split()[:4])
        except (OSError, subprocess.SubprocessError):
            self.version = "?"


def engines(metered):
    found = []

    def cli(name, program, options, version=("--version",)):
        found.append(Engine(name, lambda module, rounds: [program, *options, "--invoke", "run", module, str(rounds)],
                            lambda module: [program, *options, module], [program, *version],
                            lambda module, *rest: [program, *options, module, *rest]))

    tenon = str(BUILD / "tenon")
    for tier in ("interpreter", "baseline", "optimizing"):
        probe = subprocess.run([tenon, "run", "--tier", tier, str(ROOT / "bench/empty.wasm")], capture_output=True)
        if probe.returncode == 0:
            cli(f"Tenon {tier}", tenon, ["run", "--no-cache", "--tier", tier])
            if metered:
                cli(f"{tier}, fuel", tenon, ["run", "--no-cache", "--tier", tier, "--fuel", str(1 << 60)])
    if metered:
        return found
    if program := find("WASMTIME", "wasmtime"):
        cli("wasmtime Cranelift", program, ["run", "-C", "cache=n"])
        cli("wasmtime Winch", program, ["run", "-C", "cache=n", "-C", "compiler=winch"])
    if (translator := find("WASM2C", "wasm2c")) and RUNTIME_OF_WASM2C.exists():
        found.append(Engine("wasm2c, clang -O2", lambda module, rounds: [build_wasm2c(translator, module), str(rounds)],
                            lambda module: [build_wasm2c(translator, module), "0"], [translator, "--version"]))
    if program := find("WASMER", "wasmer"):
        cli("wasmer", program, ["run"])
    if wasmer_run := find("WASMER_RUN", "wasmer-run"):
        for compiler in ("cranelift", "singlepass"):
            found.append(Engine(
                f"wasmer {compiler}",
                lambda module, rounds, compiler=compiler: [wasmer_run, compiler, module, str(rounds)],
                lambda module, compiler=compiler: [wasmer_run, compiler, module], [wasmer_run, "--version"]))
    if wazero := find("WAZERO", "wazero"):
        for name, flags in (("wazero", []), ("wazero interpreter", ["-interpreter"])):
            found.append(Engine(
                name, lambda module, rounds, flags=flags: [wazero, "run", *flags, build_command(module), str(rounds)],
                lambda module, flags=flags: [wazero, "run", *flags, module], [wazero, "version"],
                lambda module, *rest, flags=flags: [wazero, "run", *flags, module, *rest]))
    if program := find("WASMI", "wasmi"):
        cli("wasmi", program, [])
    if node := find("NODE", "node"):
        for name, flags in (("V8 TurboFan", ["--no-liftoff"]), ("V8 Liftoff", ["--liftoff-only"])):
            found.append(Engine(
                name,
                lambda module, rounds, flags=flags: [node, *flags, "-e", NODE_RUN, module, str(rounds)],
                lambda module, flags=flags: [node, *flags, "-e", NODE_EMPTY, module],
                [node, "-p", "'node '+process.version+', V8 '+process.versions.v8"],
                lambda module, *rest, flags=flags: [node, *flags, "--no-warnings", "-e", NODE_COMMAND, module, *rest]))
    return found


def build_native(kernel):
    """The kernel as a program for this machine."""
    compiler = find("CC", "clang-19") or find("CC", "clang")
    program = BUILD / f"peers-{kernel}"
    main = BUILD / "peers-main.c"
    main.write_text(MAIN)
    subprocess.run([compiler, "-O2", "-fno-builtin", str(ROOT / f"bench/kernels/{kernel}.c"), str(main), "-o", str(program), "-lm"],
                   check=True)
    return str(program)


@functools.cache
def build_command(module):
    """The kernel as a command of WASI."""
    kernel = pathlib.Path(module).stem
    main, program = BUILD / "peers-main.c", BUILD / f"peers-{kernel}-wasi.wasm"
    main.write_text(MAIN)
    vectors = ["-msimd128"] if kernel.startswith("simd_") else []
    subprocess.run([find("CC", "clang-19") or find("CC", "clang"), "--target=wasm32-wasi", "-O2", "-fno-builtin", "-mbulk-memory",
                    "-msign-ext", "-mnontrapping-fptoint", *vectors, str(ROOT / f"bench/kernels/{kernel}.c"), str(main), "-o",
                    str(program)], check=True)
    return str(program)


def build_coremark(folder):
    """CoreMark from a copy of its sources, for this machine and for WASI."""
    sources = [str(folder / f"core_{part}.c") for part in ("list_join", "main", "matrix", "state", "util")]
    sources.append(str(folder / "posix/core_portme.c"))
    compiler = find("CC", "clang-19") or find("CC", "clang")
    common = ["-O2", "-I", str(folder), "-I", str(folder / "posix"), "-DPERFORMANCE_RUN=1", "-DFLAGS_STR=\"-O2\"",
              "-DSEED_METHOD=SEED_ARG", *sources]
    native, wasm = str(BUILD / "peers-coremark"), str(BUILD / "peers-coremark.wasm")
    subprocess.run([compiler, *common, "-DUSE_CLOCK=0", "-o", native], check=True)
    subprocess.run([compiler, "--target=wasm32-wasi", "-D_WASI_EMULATED_PROCESS_CLOCKS", *common, "-o", wasm], check=True)
    return native, wasm


def coremark_score(command, iterations):
    """Iterations a second of processor time, without what starting takes; None if the checksums of a performance run are
    others. Runs are shorter than the ten seconds that a score to be published takes."""
    first, second = (timed(command + ["0x0", "0x0", "0x66", str(count)]) for count in (max(iterations // 50, 1), iterations))
    if first is None or second is None or not all(sum in second[2] for sum in ("0xe714", "0x1fd7", "0x8e3a")):
        return None
    return (iterations - max(iterations // 50, 1)) / max(second[0] - first[0], 1e-4)


def measure_coremark(folder, found, repeat):
    native, wasm = build_coremark(folder)
    shares = {}
    for _ in range(repeat):
        base = coremark_score([native], COREMARK_ITERATIONS * 2)
        for engine in found:
            if engine.command is None:
                continue
            slow = "interpreter" in engine.name or engine.name == "wasmi"
            score = coremark_score(engine.command(wasm), COREMARK_ITERATIONS // (10 if slow else 1))
            if score is not None and base is not None:
                shares.setdefault(engine.name, []).append(score / base)
    return {name: statistics.median(values) for name, values in shares.items()}


@functools.cache
def build_wasm2c(translator, module):
    """The module as a program: C made of it by wabt, which clang compiles."""
    name = pathlib.Path(module).stem
    source = BUILD / f"peers-{name}-wasm2c.c"
    subprocess.run([translator, module, "-n", "guest", "-o", str(source)], check=True)
    # What wabt calls things depends on its version.
    header = source.with_suffix(".h").read_text()
    instantiate, kind = re.search(r"void (\w*guest_instantiate)\((\w+) ?\*", header).groups()
    begin = "".join(f"  {name}();\n" for name in re.findall(r"void (\w*guest_init_module)\(void\)", header))
    run = re.search(r"u32 (\w*guest\w*run)\(\w+ ?\*, u32\)", header)
    call = f'printf("%d\\n", (int){run[1]}(&guest, (unsigned)atoi(v[c - 1])));' if run else "(void)c, (void)v;"
    main = source.with_name(f"peers-{name}-wasm2c-main.c")
    main.write_text(f'#include <stdio.h>\n#include <stdlib.h>\n#include "{source.stem}.h"\n'
                    f"int main(int c, char** v) {{\n  {kind} guest;\n  wasm_rt_init();\n{begin}"
                    f"  {instantiate}(&guest);\n  {call}\n  return 0;\n}}\n")
    program = BUILD / f"peers-{name}-wasm2c"
    subprocess.run([find("CC", "clang-19") or find("CC", "clang"), "-O2", "-I", str(RUNTIME_OF_WASM2C), str(source), str(main),
                    str(RUNTIME_OF_WASM2C / "wasm-rt-impl.c"), "-o", str(program), "-lm"], check=True)
    return str(program)


def timed(command):
    """Processor time of a process, its wall-clock time, and what it printed; None if it failed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    except (subprocess.TimeoutExpired, OSError):
        return None
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        return None
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return processor, wall, done.stdout.strip()


def calibrate(native, target):
    rounds = 1
    while True:
        measured = timed([native, str(rounds)])
        if measured is None or measured[0] > target or rounds > 1 << 28:
            return rounds
        rounds *= 2


def work_time(command, few, many):
    """Processor time of the rounds between `few` and `many`, and the result of the latter."""
    first, second = timed(command(few)), timed(command(many))
    if first is None or second is None:
        return None
    return max(second[0] - first[0], 1e-4), second[2]


def as_number(text):
    try:
        return int(text.split("\n")[-1].split(":")[0]) & 0xFFFFFFFF
    except ValueError:
        return None


def measure_kernel(kernel, found, repeat, target):
    native = build_native(kernel)
    module = str(KERNELS / f"{kernel}.wasm")
    many = calibrate(native, target)
    few = max(many // 64, 1)
    ratios, wrong = {e.name: [] for e in found}, set()
    for _ in range(repeat):
        base = work_time(lambda rounds: [native, str(rounds)], few, many)
        for engine in found:
            # Slow engines get fewer rounds; the time is that of as many.
            share = 16 if "interpreter" in engine.name or engine.name == "wasmi" else 1
            measured = work_time(lambda rounds: engine.run(module, max(rounds // share, 1)), few, many)
            if measured is None:
                continue
            if share == 1 and as_number(measured[1]) != as_number(base[1]):
                wrong.add(engine.name)
            scale = (many - few) / max(many // share - max(few // share, 1), 1)
            ratios[engine.name].append(measured[0] * scale / base[0])
    return {name: {"median": statistics.median(values), "least": min(values), "most": max(values), "wrong": name in wrong}
            for name, values in ratios.items() if values}


def measure_startup(found, repeat):
    module = str(ROOT / "bench/empty.wasm")
    times = {}
    for _ in range(max(repeat, 7)):
        for engine in found:
            measured = timed(engine.empty(module))
            if measured is not None:
                times.setdefault(engine.name, []).append(measured[1] * 1000)
    return {name: min(values) for name, values in times.items()}


def machine():
    model = "?"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"processor": model, "processors": os.cpu_count(), "system": platform.platform(),
            "load": round(os.getloadavg()[0], 1)}


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def tables(results):
    names = results["engines"]
    lines = [f"Seen on {results['date']} on {results['machine']['processors']} processors ({results['machine']['processor']}), "
             f"with a load of {results['machine']['load']} when it began. Time over that of the same source compiled by "
             "clang -O2 for the machine; less is faster.", "",
             "| kernel | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for kernel, row in results["kernels"].items():
        cells = [f"{row[n]['median']:.2f}" + (" (wrong)" if row[n]["wrong"] else "") if n in row else "" for n in names]
        lines.append(f"| {kernel} | " + " | ".join(cells) + " |")
    means = [geometric_mean([row[n]["median"] for row in results["kernels"].values() if n in row]) for n in names]
    lines.append("| geometric mean | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    if coremark := results.get("coremark"):
        lines.append("| CoreMark, score over native | " + " | ".join(f"{coremark[n]:.2f}" if n in coremark else "" for n in names) + " |")
    lines.append("| an empty module, ms | " + " | ".join(f"{results['startup'][n]:.1f}" if n in results["startup"] else ""
                                                   for n in names) + " |")
    lines += ["", "Versions: " + "; ".join(f"{n}: {v}" for n, v in results["versions"].items()) + "."]
    return "\n".join(lines), dict(zip(names, means))


def plot(means):
    """Bars, on a logarithmic scale: each engine's geometric mean."""
    width, row, left = 640, 24, 170
    top = max(max(means.values()), 2)
    scale = (width - left - 60) / math.log(top / 0.5)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{row * len(means) + 30}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    one = left + math.log(1 / 0.5) * scale
    for i, (name, mean) in enumerate(sorted(means.items(), key=lambda item: item[1])):
        y = i * row + 6
        colour = "#2a6f97" if name.startswith("Tenon") else "#b0b7bf"
        out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{name}</text>')
        out.append(f'<rect x="{left}" y="{y}" width="{max(math.log(mean / 0.5) * scale, 1):.1f}" height="{row - 7}" fill="{colour}"/>')
        out.append(f'<text x="{left + max(math.log(mean / 0.5) * scale, 1) + 5:.1f}" y="{y + 13}">{mean:.2f}</text>')
    bottom = row * len(means) + 6
    out.append(f'<line x1="{one:.1f}" y1="2" x2="{one:.1f}" y2="{bottom}" stroke="#c1121f" stroke-dasharray="4 3"/>')
    out.append(f'<text x="{one:.1f}" y="{bottom + 15}" text-anchor="middle" fill="#c1121f">native clang -O2</text></svg>')
    return "\n".join(out) + "\n"


def write_section(name, text):
    """Puts the text where docs/performance.md has what is measured under that name."""
    page = ROOT / "docs/performance.md"
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.read_text().split(begin)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}")


def write_docs(results):
    text, means = tables(results)
    write_section("peers", text + "\n\n![Geometric means of the kernels](peers.svg)")
    (ROOT / "docs/peers.svg").write_text(plot(means))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kernels", nargs="*")
    parser.add_argument("--repeat", type=int, default=5, help="turns of each kernel")
    parser.add_argument("--seconds", type=float, default=0.25, help="least time of the native program")
    parser.add_argument("--fuel", action="store_true", help="Tenon's tiers with and without fuel, and nobody else")
    parser.add_argument("--coremark", type=pathlib.Path, help="a copy of CoreMark's sources")
    parser.add_argument("--write-docs", action="store_true", help="write docs/performance.md and docs/peers.svg")
    parser.add_argument("--from", dest="source", help="show the results of this file, and measure nothing")
    options = parser.parse_args()
    output = BUILD / "peers.json"
    if options.source:
        results = json.loads(pathlib.Path(options.source).read_text())
    else:
        found = engines(options.fuel)
        kernels = options.kernels or sorted(
            path.stem for path in (ROOT / "bench/kernels").glob("*.c") if not path.stem.startswith("simd_"))
        results = {"date": datetime.date.today().isoformat(), "machine": machine(), "engines": [e.name for e in found],
                   "versions": {e.name: e.version for e in found}, "kernels": {}}
        for kernel in kernels:
            results["kernels"][kernel] = row = measure_kernel(kernel, found, options.repeat, options.seconds)
            print(kernel, {name: round(cell["median"], 2) for name, cell in row.items()}, file=sys.stderr, flush=True)
        if options.coremark:
            results["coremark"] = measure_coremark(options.coremark, found, max(options.repeat // 2, 1))
            print("CoreMark", results["coremark"], file=sys.stderr, flush=True)
        results["startup"] = measure_startup(found, options.repeat)
        output.write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results)[0])
    if options.write_docs:
        write_docs(results)


if __name__ == "__main__":
    main()
