#!/usr/bin/env python3
"""Runs the blocks of a page: what a reader would type gives what the page says.

A fence of the form ```<language> <name> is a file of that name. A fence ```sh is a script, which must succeed; a fence
```text right behind it is its standard output. All blocks of a page share one folder, and `tenon` is the program given.

usage: run_page.py PROGRAM PAGE
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)
TIME_LIMIT = 120


def run(script, folder, program):
    environment = dict(os.environ, PATH=f"{program.parent}:{os.environ['PATH']}")
    return subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=TIME_LIMIT, check=False)


def main():
    program, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    runs = 0
    output = None
    with tempfile.TemporaryDirectory() as folder:
        for language, name, body in FENCE.findall(page.read_text()):
            if name:
                (pathlib.Path(folder) / name).write_text(body)
            elif language == "sh":
                result = run(body, folder, program)
                if result.returncode != 0:
                    sys.exit(f"{page.name}: this failed:\n{body}\n{result.stdout}{result.stderr}")
                output = result.stdout
                runs += 1
            elif language == "text" and output is not None:
                if output != body:
                    sys.exit(f"{page.name}: expected\n{body}\nfound\n{output}")
                output = None
    if runs == 0:
        sys.exit(f"{page.name}: there is nothing to run")
    print(f"{page.name}: {runs} blocks run")


if __name__ == "__main__":
    main()
