"""Tags and exceptions of the public API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gabagool.api.store import Store
from gabagool.errors import Aborted, Thrown
from gabagool.runtime.entities import TagInst
from gabagool.types import FuncType, TagType, ValType


class Tag:
    """What exceptions are told apart by; those of a tag carry values of its `params`.

    Tags are equal if they are the same tag of the same store.
    """

    inst: TagInst

    def __init__(self, store: Store, params: Sequence[ValType] = (), *, name: str = "tag") -> None:
        """Make a tag, for modules to import."""
        self.inst = store.inner.new_tag(TagType(FuncType(tuple(params))), name)

    @classmethod
    def of(cls, store: Store, inst: TagInst) -> Tag:
        tag = cls.__new__(cls)
        tag.inst = inst
        return tag

    def type(self, store: Store) -> TagType:
        return self.inst.type

    @property
    def name(self) -> str:
        return self.inst.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tag) and self.inst is other.inst

    def __hash__(self) -> int:
        return hash(self.inst)

    def __repr__(self) -> str:
        return f"<Tag {self.name} {self.inst.type}>"


class WasmException(Aborted):
    """An exception of WebAssembly (spec §4.2.16): raised by a call into wasm that threw it and
    did not catch it, with the wasm backtrace in `frames`; raised by a host function it is thrown
    there, for the wasm code that called it to catch.

    `values` are as results are: ints signed, floats, references as objects.
    """

    def __init__(self, tag: Tag, *values: Any) -> None:
        self._tag = tag
        self._values = values
        self.bits: tuple[int, ...] | None = None     # of the values, where they come from wasm
        super().__init__(f"{tag.name}({', '.join(map(str, values))})")

    @property
    def tag(self) -> Tag:
        return self._tag

    @property
    def values(self) -> tuple[Any, ...]:
        return self._values

    def locate(self, thrown: Thrown) -> None:
        """Say where it was thrown."""
        Aborted.__init__(self, thrown.message, thrown.frames, thrown.depth)
