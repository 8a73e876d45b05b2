"""Source maps (JSON, version 3; ECMA-426) of wasm modules: byte offsets in place of columns.

A custom section `sourceMappingURL` names the file; `data:` URLs hold it. Nothing is fetched.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from debugger.source.faults import DamagedError, Faults
from debugger.source.linetable import Row
from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.syntax import Module

_SECTION = "sourceMappingURL"
_DIGITS = {c: i for i, c in enumerate(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_LARGEST = 256 << 20


class SourceMap:
    """Rows by module offset, and the texts of sources where the map brings them."""

    def __init__(self, data: bytes) -> None:
        decoded = json.loads(data.removeprefix(b")]}'"))
        if not isinstance(decoded, dict) or decoded.get("version") != 3 \
                or not isinstance(decoded.get("mappings"), str):
            raise DamagedError("not a source map of version 3")
        root = decoded.get("sourceRoot") or ""
        self.files = [f"{root.rstrip('/')}/{name}" if root else str(name)
                      for name in decoded.get("sources") or ()]
        contents = decoded.get("sourcesContent") or []
        self.texts = {file: text for file, text in zip(self.files, contents, strict=False)
                      if isinstance(text, str)}
        self.rows = sorted(self._rows(decoded["mappings"]), key=lambda row: row.address)

    def _rows(self, mappings: str) -> list[Row]:
        """The only "line" is the module; columns are offsets in it."""
        found = []
        offset = source = line = column = 0
        for segment in mappings.partition(";")[0].split(","):
            numbers = _vlq(segment)
            if not numbers:
                continue
            offset += numbers[0]
            if len(numbers) < 4:
                continue
            source, line, column = source + numbers[1], line + numbers[2], column + numbers[3]
            if not 0 <= source < len(self.files) or line < 0 or offset < 0:
                raise DamagedError("a mapping leads nowhere")
            found.append(Row(offset, self.files[source], line + 1, column + 1, True, False, False))
        return found


def _vlq(text: str) -> list[int]:
    """Signed numbers in base 64, five bits a digit, the sign in the lowest bit."""
    numbers, value, shift = [], 0, 0
    for char in text.strip():
        digit = _DIGITS.get(char)
        if digit is None or shift > 60:
            raise DamagedError("a mapping can't be read")
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


def load(module: Module, path: Path, faults: Faults) -> SourceMap | None:
    """The source map that a module names, if it names one and it can be read."""
    found = next((custom for custom in module.customs if custom.name == _SECTION), None)
    if found is None:
        return None
    content = module.source[found.start:found.end]
    return faults.attempt("source map", lambda: _open(content, path), None)


def _open(content: bytes, path: Path) -> SourceMap:
    try:
        url = Reader(content).name()
    except MalformedError:
        raise DamagedError("its address can't be read") from None
    if url.startswith("data:"):
        head, _, body = url.partition(",")
        return SourceMap(base64.b64decode(body) if head.endswith(";base64")
                         else unquote_to_bytes(body))
    parts = urlsplit(url)
    name = unquote(parts.path)
    for each in (path.parent / name.lstrip("/"), path.parent / Path(name).name):
        if each.is_file() and each.stat().st_size <= _LARGEST:
            return SourceMap(each.read_bytes())
    raise DamagedError(f"{url} is not beside the module")
