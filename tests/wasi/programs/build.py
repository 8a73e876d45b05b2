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


def main() -> None:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.c") if path.stem != "check")
    for name in names:
        subprocess.run([sys.executable, "-m", "ziglang", "cc", *FLAGS, "check.c", f"{name}.c",
                        "-o", f"{name}.wasm"], cwd=HERE, check=True)
        print(f"{name}.wasm {(HERE / f'{name}.wasm').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
