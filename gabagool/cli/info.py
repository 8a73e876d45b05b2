"""`gabagool info`: what a snapshot or recording holds."""

from __future__ import annotations

import argparse
import json

from gabagool.api.describing import describe


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE.gaba")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(options: argparse.Namespace) -> int:
    facts = describe(options.file)
    if options.json:
        print(json.dumps(facts))
        return 0
    width = max(map(len, facts))
    for name, value in facts.items():
        lines = [str(v) for v in value] if isinstance(value, list) else [_text(value)]
        for i, line in enumerate(lines or ["none"]):
            print(f"{name if i == 0 else '':<{width}}  {line}")
    return 0


def _text(value: object) -> str:
    return f"{value:,}" if type(value) is int else str(value)
