"""`python -m tests.runtime.resume CASE FILE`: resume a snapshot to its end in this process."""

from __future__ import annotations

import sys

from gabagool.snapshot import load_file

from .cases import CASES, begin


def main() -> None:
    name, file = sys.argv[1:]
    run = begin(next(case for case in CASES if case.name == name))
    load_file(file, run.machine)
    run.machine.run(1 << 40)
    print(run.summary())


if __name__ == "__main__":
    main()
