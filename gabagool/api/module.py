"""Modules of the public API."""

from __future__ import annotations

from pathlib import Path

from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.source import Source
from gabagool.syntax import Export, Import
from gabagool.wat import assemble, is_text


class Module:
    """A decoded and validated module, of a binary or of text (which needs `gabagool[wat]`).

    Function bodies are validated when they are first called; `lazy=False` does it now. Raises
    MalformedError or ValidationError, with the byte offset and the section or function; TextError
    (a MalformedError), with line and column, for a text that is no module.
    """

    def __init__(self, wasm: bytes | str, *, lazy: bool = False) -> None:
        self._compile(_binary(wasm), lazy)

    def _compile(self, source: bytes | Source, lazy: bool) -> None:
        self.compiled = Compiled(source)
        if not lazy:
            self.compiled.validate_all()

    @classmethod
    def from_file(cls, path: str | Path, *, lazy: bool = False) -> Module:
        """The module in a file, .wasm or .wat: its content tells which. Raises OSError beside
        what the constructor raises."""
        return cls.of(Source(path=path), lazy=lazy)

    @classmethod
    def of(cls, source: Source, *, lazy: bool = False) -> Module:
        """As `from_file`, of a file that is being read."""
        module = cls.__new__(cls)
        data = source.data
        module._compile(_binary(data, source.path) if is_text(data) else source, lazy)
        return module

    @staticmethod
    def validate(wasm: bytes | str) -> None:
        """Raise MalformedError or ValidationError unless `wasm` is a valid module."""
        Compiled(_binary(wasm)).validate_all()

    @property
    def imports(self) -> tuple[Import, ...]:
        return self.compiled.module.imports

    @property
    def exports(self) -> tuple[Export, ...]:
        return self.compiled.module.exports


def _binary(source: bytes | str, name: str = "") -> bytes:
    """The module's bytes, assembled if they are text."""
    found = source.encode() if isinstance(source, str) else source
    if not isinstance(found, bytes | bytearray | memoryview):
        raise TypeError(f"a module is bytes or text, not {type(source).__name__}; "
                        "Module.from_file reads a file")
    found = bytes(found)
    if is_text(found):
        return assemble(found, name)
    if isinstance(source, str):
        raise TypeError("a module as str is in the text format, and this is not; "
                        "Module.from_file reads a file")
    return found


__all__ = ["MalformedError", "Module", "ModuleError", "ValidationError"]
