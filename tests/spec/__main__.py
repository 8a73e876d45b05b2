"""`python -m tests.spec [DIR] [--json FILE]`"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gabagool.errors import GabagoolError

from .convert import MISSING, suite
from .files import files
from .runner import Result, run_file


def main(argv: Sequence[str] | None = None) -> int:
    """0 if everything passed, 1 if something failed, 2 without a suite."""
    parser = argparse.ArgumentParser(prog="python -m tests.spec", description=__doc__)
    parser.add_argument("dir", nargs="?", type=Path, default=suite(),
                        help="where the .wast files are (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    options = parser.parse_args(argv)
    wasts = files(options.dir)
    if not wasts:
        print(MISSING.format(options.dir), file=sys.stderr)
        return 2
    start = time.perf_counter()
    results = {}
    for name, wast in wasts.items():
        results[name] = run_file(wast)
        _print(name, results[name])
    _print_total(list(results.values()), time.perf_counter() - start)
    if options.json:
        options.json.write_text(json.dumps([_record(*r) for r in results.items()], indent=1))
    return 1 if any(r.failures for r in results.values()) else 0


def _print(name: str, result: Result) -> None:
    for line, text in result.failures:
        print(f"{result.wast}:{line}: {text}")
    print(f"{name:32} {result.passed:6} passed {len(result.failures):5} failed "
          f"{result.skipped:4} skipped", flush=True)


def _print_total(results: list[Result], seconds: float) -> None:
    whole = sum(not r.failures for r in results)
    skipped = sum(r.skipped for r in results)
    print(f"\n{whole} of {len(results)} files pass whole, in {seconds:.1f} s; commands: "
          f"{sum(r.passed for r in results)} passed, {sum(len(r.failures) for r in results)} "
          f"failed, {skipped} skipped (texts that must not assemble: the assembler's matter)")


def _record(name: str, result: Result) -> dict[str, object]:
    failures = [{"line": line, "text": text} for line, text in result.failures]
    return {"file": f"{name}.wast", "passed": result.passed, "failed": len(failures),
            "skipped": result.skipped, "failures": failures}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (GabagoolError, OSError) as error:
        sys.exit(str(error))
