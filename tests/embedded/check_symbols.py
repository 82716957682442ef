"""Checks what the embedded profile refers to: usage: check_symbols.py NM ARCHIVE PROGRAM

PROGRAM was linked without any library. In it nothing is undefined, and nothing is there by the name of an allocator, a
file, a thread or a lock of the system. In ARCHIVE, of everything outside of the profile, only six functions of strings and
memory and what `os/region` defines may be undefined, but for the printing and reading of floating-point numbers, which no part
of the profile calls.
"""

import re
import subprocess
import sys

MEMORY_FUNCTIONS = {"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen"}
OF_UNUSED_OBJECTS = {"float_print.cpp.o", "float_parse.cpp.o"}
FORBIDDEN = re.compile(
    r"^(malloc|calloc|realloc|free|abort|exit|_Znw|_Zna|f?open|f?close|f?read|f?write|f?printf|mmap|munmap|mprotect"
    r"|pthread_|sched_|sem_|syscall|futex|_ZNSt6thread|_ZNSt5mutex|_ZNSt18condition_variable|__cxa_throw|_Unwind_)")


def symbols(nm, path, *options):
    """(object, symbol) for each line of nm."""
    listing = subprocess.run([nm, "-A", "-P", *options, path], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        place, _, rest = line.partition(": ")
        yield place.rpartition("[")[2].rstrip("]"), rest.split()[0]


def main():
    nm, archive, program = sys.argv[1:]
    faults = [f"{name} is undefined in the program" for _, name in symbols(nm, program, "--undefined-only")]
    faults += [f"{name} is in the program" for _, name in symbols(nm, program, "--defined-only") if FORBIDDEN.match(name)]
    defined = {name for _, name in symbols(nm, archive, "--defined-only")}
    for place, name in symbols(nm, archive, "--undefined-only"):
        if name not in defined | MEMORY_FUNCTIONS | {"_GLOBAL_OFFSET_TABLE_"} and place not in OF_UNUSED_OBJECTS:
            faults.append(f"{place} refers to {name}")
    print("\n".join(sorted(set(faults))) or "nothing outside of the profile is referred to")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
