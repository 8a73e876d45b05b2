"""Modules of the public API."""

from __future__ import annotations

from pathlib import Path

from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.runtime.compiled import Compiled
from gabagool.syntax import Export, Import


class Module:
    """A decoded and validated module.

    Function bodies are validated when they are first called; `lazy=False` does it now. Raises
    MalformedError or ValidationError, with the byte offset and the section or function.
    """

    def __init__(self, wasm: bytes, *, lazy: bool = False) -> None:
        if not isinstance(wasm, bytes | bytearray | memoryview):
            raise TypeError(f"a module is bytes, not {type(wasm).__name__}; "
                            "Module.from_file reads a file")
        self.compiled = Compiled(bytes(wasm))
        if not lazy:
            self.compiled.validate_all()

    @classmethod
    def from_file(cls, path: str | Path, *, lazy: bool = False) -> Module:
        """The module in a file. Raises OSError beside what the constructor raises."""
        return cls(Path(path).read_bytes(), lazy=lazy)

    @staticmethod
    def validate(wasm: bytes) -> None:
        """Raise MalformedError or ValidationError unless `wasm` is a valid module."""
        Compiled(wasm).validate_all()

    @property
    def imports(self) -> tuple[Import, ...]:
        return self.compiled.module.imports

    @property
    def exports(self) -> tuple[Export, ...]:
        return self.compiled.module.exports


__all__ = ["MalformedError", "Module", "ModuleError", "ValidationError"]
