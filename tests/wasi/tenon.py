"""Tells the runner of the public WASI conformance programs (WebAssembly/wasi-testsuite) how Tenon is called.

The programs stay outside of this repository. With a checkout of that repository's branch prod/testsuite-base:

    TENON=build/release/tenon CHECKOUT/run-tests --runtime tests/wasi/tenon.py
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
    return ["wasm32-wasip1"]


def get_wasi_worlds():
    return ["wasi:cli/command"]


def compute_argv(test_path, args_env_root, proposals, wasi_world, wasi_version):
    arguments, environment, root = args_env_root
    command = [TENON, "run"]
    for name, value in environment.items():
        command += ["--env", f"{name}={value}"]
    if root:
        command += ["--dir", f"{root}::/"]
    return [*command, test_path, "--", *arguments]
