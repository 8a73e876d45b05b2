"""Everything that must hold: lint, types, tests. `python -m tests` (extra words go to pytest)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gabagool.native.engine import native

ROOT = Path(__file__).parent.parent
CHECKS = (
    ("ruff", "check", "."),
    ("mypy",),
    # Tests of the app wait more than they compute, so there are more workers than processors.
    ("pytest", "--numprocesses=4", "--dist=loadfile", *sys.argv[1:]),
)


def main() -> int:
    native(best=True)           # compiled once, for all workers
    for check in CHECKS:
        print("==", *check, flush=True)
        code = subprocess.run([sys.executable, "-m", *check], cwd=ROOT).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
