# The adapter for the runner of https://github.com/WebAssembly/wasi-testsuite: how `tenon` is called for each of its
# programs. The branch prod/testsuite-base has the programs built:
#
#   TENON=build/release/tenon python3 ../wasi-testsuite/test-runner/wasi_test_runner.py \
#       -r tests/wasi-testsuite-adapter/tenon.py -t ../wasi-testsuite/tests/rust/testsuite/wasm32-wasip3
import os
import shlex
import subprocess

TENON = shlex.split(os.getenv("TENON", "tenon"))


def get_name():
    return "tenon"


def get_version():
    output = subprocess.run(TENON[0:1] + ["--version"], encoding="UTF-8", capture_output=True, check=True).stdout
    return output.split()[-1]


def get_wasi_versions():
    return ["wasm32-wasip1", "wasm32-wasip3"]


def get_wasi_worlds():
    return ["wasi:cli/command", "wasi:http/service"]


def get_timeout_seconds():
    return float(os.getenv("TENON_TIMEOUT", "30"))


def compute_argv(test_path, args_env_root, proposals, wasi_world, wasi_version):
    args, env, root = args_env_root
    argv = list(TENON)
    argv += ["serve", "--addr", "127.0.0.1:0"] if wasi_world == "wasi:http/service" else ["run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        # Programs of preview1 know their directory by its own name, later ones as the root.
        guest = "/" if wasi_version != "wasm32-wasip1" else os.path.basename(str(root))
        argv += ["--dir", f"{root}::{guest}"]
    if "sockets" in proposals or "http" in proposals:
        argv += ["--allow-net", "*:*"]
    argv += [str(test_path)]
    return argv + args
