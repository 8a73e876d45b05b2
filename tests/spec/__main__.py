"""`python -m tests.spec [DIR] [--all] [--json FILE]`"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .convert import MISSING, suite
from .files import FILES, LATER
from .runner import Result, run_file


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.spec", description=__doc__)
    parser.add_argument("dir", nargs="?", type=Path, default=suite(),
                        help="where the .wast files are (default: %(default)s)")
    parser.add_argument("--all", action="store_true",
                        help="also run the files that need what the engine hasn't yet")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    options = parser.parse_args()
    wasts = [*sorted(options.dir.glob("*.wast")), *sorted(options.dir.glob("legacy/*.wast"))]
    if not wasts:
        print(MISSING.format(options.dir), file=sys.stderr)
        return 2
    results = []
    for wast in wasts:
        name = wast.relative_to(options.dir).with_suffix("").as_posix()
        if options.all or name in FILES or name in LATER:
            results.append(run_file(wast))
            _print(results[-1])
    _print_total(results)
    if options.json:
        options.json.write_text(json.dumps([_record(r) for r in results], indent=1))
    return 1 if any(r.failures for r in results) else 0


def _print(result: Result) -> None:
    for line, text in result.failures:
        print(f"{result.wast}:{line}: {text}")
    print(f"{result.wast.stem:32} {result.passed:6} passed {len(result.failures):5} failed "
          f"{result.skipped:4} skipped", flush=True)


def _print_total(results: list[Result]) -> None:
    whole = sum(not r.failures for r in results)
    print(f"\n{whole} of {len(results)} files pass whole; commands: "
          f"{sum(r.passed for r in results)} passed, {sum(len(r.failures) for r in results)} "
          f"failed, {sum(r.skipped for r in results)} skipped (they test the text format)")


def _record(result: Result) -> dict[str, object]:
    failures = [{"line": line, "text": text} for line, text in result.failures]
    return {"file": result.wast.name, "passed": result.passed, "failed": len(failures),
            "skipped": result.skipped, "failures": failures}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FileNotFoundError as error:
        sys.exit(str(error))
