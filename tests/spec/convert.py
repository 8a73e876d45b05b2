"""Where the suite is, and its .wast files as lists of commands (by `wasm-tools json-from-wast`)."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gabagool.wat import executable

from .legacy import unfold

Command = dict[str, Any]

LEGACY = "legacy"       # the suite's directory of legacy exception handling
ROOT = Path(__file__).resolve().parents[2]
MISSING = ("the WebAssembly test suite is not at {}: git clone "
           "https://github.com/WebAssembly/testsuite there, or set GABAGOOL_SPEC to where it is")


def suite() -> Path:
    """The suite's directory: `GABAGOOL_SPEC`, or beside the repository."""
    given = os.environ.get("GABAGOOL_SPEC")
    return Path(given) if given else ROOT.parent / "shared" / "spec-testsuite"


@contextmanager
def commands(wast: Path) -> Iterator[tuple[Path, list[Command]]]:
    """The directory of a file's modules, which goes away at the end, and its commands."""
    with tempfile.TemporaryDirectory(prefix="gabagool-spec-") as name:
        folder = Path(name)
        script = folder / "script.json"
        subprocess.run([executable(), "json-from-wast", _readable(wast, folder), "--wasm-dir",
                        folder, "-o", script], check=True)
        yield folder, json.loads(script.read_bytes())["commands"]


def _readable(wast: Path, folder: Path) -> Path:
    """The script as wasm-tools can read it."""
    if wast.parent.name != LEGACY:
        return wast
    copy = folder / wast.name
    copy.write_text(unfold(wast.read_text()))
    return copy
