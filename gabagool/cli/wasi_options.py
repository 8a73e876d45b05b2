"""What a program is given of its host: options shared by the commands that run one."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from gabagool.wasi import WasiConfig


def add_wasi_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dir", action="append", default=[], metavar="HOST[::GUEST]",
                        help="let the program reach a directory; may be repeated")
    parser.add_argument("--env", action="append", default=[], metavar="K=V",
                        help="set an environment variable; may be repeated")


def wasi_config(program: str, args: Sequence[str], options: argparse.Namespace) -> WasiConfig:
    """Settings from the command line; ValueError for an ill-formed option."""
    bad = [e for e in options.env if "=" not in e]
    if bad:
        raise ValueError(f"--env wants K=V, not '{bad[0]}'")
    return WasiConfig(args=(os.path.basename(program), *args), dirs=directories(options.dir),
                      env=dict(e.split("=", 1) for e in options.env))


def directories(texts: Sequence[str]) -> list[tuple[str, str]]:
    """(host directory, guest name) pairs of HOST[::GUEST] texts."""
    return [(host, guest if sep else host)
            for host, sep, guest in (d.partition("::") for d in texts)]
