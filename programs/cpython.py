"""Build CPython for WASI with debug info, to try the debugger on a large C program.

    python programs/cpython.py SOURCE FOLDER

SOURCE is the source tree of CPython 3.11 (Debian: `apt-get source python3.11`). FOLDER gets
`python.wasm`, 21 MB of code and DWARF. Needs `ziglang` in the environment of this Python, `make`,
a native `python3.11` on the PATH, and a quarter of an hour. Then, for instance:

    gaba-debug --dir SOURCE/Lib::/lib/python3.11 --env PYTHONHOME=/ \\
        --env PYTHONPATH=/lib/python3.11 --break list_sort_impl \\
        FOLDER/python.wasm -- -S -c 'print(sorted([3, 1, 2]))'

Published builds of CPython have no debug info that is of use: it is stripped, or an optimiser has
zeroed its addresses.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

_CPU = "-mcpu=generic-reference_types-call_indirect_overlong"
_EMULATED = ("signal", "getpid", "process-clocks")
# What CPython's configure takes for there because zig's C library declares it.
_HEADER = """
#pragma once
#define pthread_key_delete forget_pthread_key   /* that of the library never returns */
static inline _Noreturn void pthread_exit(void *result) { (void)result; __builtin_trap(); }
"""
_MISSING = """
int forget_pthread_key(unsigned key) { return 0; }
int epoll_create1(int flags) { return -1; }
int epoll_ctl(int epoll, int what, int file, void *event) { return -1; }
int epoll_wait(int epoll, void *events, int count, int timeout) { return -1; }
int setgroups(unsigned long count, const void *groups) { return -1; }
char *gettext(const char *text) { return (char *)text; }
char *dgettext(const char *domain, const char *text) { return (char *)text; }
char *dcgettext(const char *domain, const char *text, int category) { return (char *)text; }
char *bindtextdomain(const char *domain, const char *folder) { return 0; }
char *textdomain(const char *domain) { return 0; }
"""
# Modules that need libraries, sockets or a terminal.
_WITHOUT = ("zlib", "_lzma", "_bz2", "_socket", "_uuid", "_ctypes", "readline", "_curses", "_dbm",
            "_gdbm", "_tkinter", "_hashlib", "_ssl", "_sqlite3", "nis")


def _script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _run(folder: Path, *words: str | Path, **more: str) -> None:
    print("+", *words, flush=True)
    subprocess.run([str(word) for word in words], cwd=folder, check=True,
                   env={**os.environ, **more})


def _tools(folder: Path) -> tuple[Path, Path]:
    """A compiler and an archiver, with what is missing beside them."""
    (folder / "fix.h").write_text(_HEADER)
    zig = f"exec {sys.executable} -m ziglang"
    # configure asks for the compiler's name by what it makes of an empty file: without the header
    cc = _script(folder / "zcc", "case \" $* \" in *\" -c \"*) "
                 f"set -- \"$@\" -include {folder}/fix.h;; esac\n"
                 f"{zig} cc -target wasm32-wasi {_CPU} -fno-sanitize=all \"$@\" "
                 "-UUSE_ZLIB_CRC32 -Wno-int-conversion -Wno-date-time")
    (folder / "missing.c").write_text(_MISSING)
    _run(folder, cc, "-c", "-w", "-O1", "-o", "missing.o", "missing.c")
    for name in ("z", "pthread", "dl", "crypt"):
        (folder / f"lib{name}.a").write_bytes(b"!<arch>\n")
    return cc, _script(folder / "zar", f"{zig} ar \"$@\"")


def build(source: Path, folder: Path) -> None:
    """Configures and makes `python.wasm` in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    cc, ar = _tools(folder)
    (folder / "Modules").mkdir(exist_ok=True)
    (folder / "Modules/Setup.local").write_text("\n".join(["*disabled*", *_WITHOUT, ""]))
    emulated = [name.replace("-", "_").upper() for name in _EMULATED]
    _run(folder, source / "configure", "--host=wasm32-unknown-wasi", "--build=x86_64-pc-linux-gnu",
         "--with-build-python=python3.11", "--disable-ipv6", "--without-pymalloc",
         "--disable-test-modules", CONFIG_SITE=str(source / "Tools/wasm/config.site-wasm32-wasi"),
         CC=str(cc), AR=str(ar), RANLIB="true",
         CFLAGS="-gdwarf-4 -O1 " + " ".join(f"-D_WASI_EMULATED_{name}" for name in emulated),
         LDFLAGS=f"-L{folder} " + " ".join(f"-lwasi-emulated-{name}" for name in _EMULATED))
    makefile = folder / "Makefile"
    makefile.write_text(makefile.read_text().replace("-Wl,--stack-first", f"{folder}/missing.o"))
    _run(folder, "make", f"-j{os.cpu_count() or 1}", "python.wasm")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build CPython for WASI with debug info.")
    parser.add_argument("source", type=Path, metavar="SOURCE", help="CPython's source tree")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to build")
    options = parser.parse_args()
    if not (options.source / "configure").is_file():
        parser.error(f"{options.source} is no source tree of CPython")
    build(options.source.resolve(), options.folder.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
