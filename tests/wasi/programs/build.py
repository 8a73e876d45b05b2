"""Rebuild the WASI test programs: python tests/wasi/programs/build.py [NAME…]

Needs `ziglang` in the environment of this Python; the committed files were made by 0.17.1.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = ["-target", "wasm32-freestanding", "-mcpu=mvp+bulk_memory", "-Os", "-g0", "-std=c11",
         "-Wall", "-Wextra", "-Werror", "-nostdlib", "-fno-builtin", "-Wl,--strip-all",
         "-Wl,--no-entry"]


# These are built once more for the form of WASI before preview 1, where it differs.
UNSTABLE = ("clocks", "polling", "status", "transfer")


def build(source: str, output: str, *flags: str) -> None:
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *FLAGS, *flags, "check.c",
                    f"{source}.c", "-o", f"{output}.wasm"], cwd=HERE, check=True)
    print(f"{output}.wasm {(HERE / f'{output}.wasm').stat().st_size:,} bytes")


def main() -> None:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.c") if path.stem != "check")
    for name in names:
        build(name, name)
        if name in UNSTABLE:
            build(name, f"unstable-{name}", "-DUNSTABLE")


if __name__ == "__main__":
    main()
