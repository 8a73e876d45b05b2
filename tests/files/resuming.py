"""`python -m tests.files.resuming MODULE`: resumes snapshots of CPython, each in a new process.

On standard input a file's name in each line; the answer is a line with the step at which the
program ended, and the SHA-256 of what it printed from there on and how much that was.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import traceback
from pathlib import Path

from gabagool import Module, WasiConfig, resume


def resumed(module: Module, path: str) -> str:
    """Go on with a snapshot to the program's end."""
    output = bytearray()
    config = WasiConfig(stdin=None, stdout=output.extend, stderr=output.extend,
                        realtime=10**18, seed=1)
    again = resume(path, wasi=config, modules=[module])
    stop = again.machine.run(1 << 60)
    return f"{stop.step} {stop.reason.value} {hashlib.sha256(output).hexdigest()} {len(output)}"


def main() -> None:
    # The module is decoded once; no machine has run when the processes part.
    module = Module.from_file(sys.argv[1], lazy=True)
    for line in sys.stdin:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                print(resumed(module, line.strip()), flush=True)
            except BaseException:
                print(repr(traceback.format_exc()), flush=True)
            os._exit(0)
        os.waitpid(pid, 0)


class Resumer:
    """The processes, from outside."""

    def __init__(self, module: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.files.resuming", str(module)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])

    def ask(self, path: Path) -> None:
        assert self._process.stdin is not None
        print(path, file=self._process.stdin, flush=True)

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate()


if __name__ == "__main__":
    main()
