"""Tells the runner of the public WASI conformance programs (WebAssembly/wasi-testsuite) how Tenon is called.

The programs stay outside of this repository. With a checkout of that repository's branch prod/testsuite-base:

    TENON=build/release/tenon CHECKOUT/run-tests --runtime tests/wasi-testsuite-adapter/tenon.py
"""

import os
import subprocess

TENON = os.path.abspath(os.getenv("TENON", "build/release/tenon"))


def get_name():
    return "tenon"


def get_version():
    # "tenon 0.1.0"
    return subprocess.run([TENON, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def get_wasi_versions():
    return ["wasm32-wasip1", "wasm32-wasip3"]


def get_wasi_worlds():
    return ["wasi:cli/command", "wasi:http/service"]


def get_timeout_seconds():
    return float(os.getenv("TENON_TIMEOUT", "30"))


def compute_argv(test_path, args_env_root, proposals, wasi_world, wasi_version):
    arguments, environment, root = args_env_root
    is_service = wasi_world == "wasi:http/service"
    command = [TENON, "serve", "--addr", "127.0.0.1:0"] if is_service else [TENON, "run"]
    for name, value in environment.items():
        command += ["--env", f"{name}={value}"]
    if root:
        command += ["--dir", f"{root}::/"]
    if "sockets" in proposals or "http" in proposals:
        command += ["--allow-net", "*:*"]
    if is_service:
        # The runner looks for the server's address in its standard error.
        return ["sh", "-c", 'exec "$@" >&2', "sh", *command, str(test_path)]
    return [*command, str(test_path), "--", *arguments]
