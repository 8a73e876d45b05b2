"""Structures, arrays and 31-bit integers of the public API (spec §4.2.13).

An object that Python has got is kept until it is released: it can be looked at, changed where its
type allows it, and passed back. What a host function has got during a call is released at the
call's end, so that programs which call it often don't fill the heap, unless it is held. Packed
fields and elements come as unsigned ints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gabagool.api.store import Store
from gabagool.errors import GabagoolError
from gabagool.native.layout import REF_I31
from gabagool.records import dataclass
from gabagool.runtime.objects import WINDOW, ObjectView
from gabagool.text import signed
from gabagool.types import ANY, ArrayType, FieldType, StructType, ValType, reftype

Convert = Callable[[Store, ValType, Any], Any]
_LOW = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class I31:
    """A 31-bit integer as a reference (i31ref). `value` is signed."""

    value: int

    def __post_init__(self) -> None:
        if not -(1 << 30) <= self.value < 1 << 30:
            raise OverflowError(f"{self.value} does not fit 31 bits")

    @classmethod
    def of(cls, bits: int) -> I31:
        """The one that reference bits are."""
        return cls(signed(bits >> 1 & _LOW, 31))

    @property
    def bits(self) -> int:
        return (self.value & _LOW) << 1 | REF_I31


class ObjectRef:
    """A reference to a structure or an array: a sequence of its fields or elements.

    `ref[i] = value` changes one; TypeError if it is immutable. References are equal if they are to
    the same object. Raises GabagoolError once it was released, or the store has gone to a snapshot
    from before the object was made.
    """

    __slots__ = ("_bits", "_convert", "_gone", "_store")

    def __init__(self, store: Store, bits: int, convert: tuple[Convert, Convert]) -> None:
        self._store = store
        self._bits = bits
        self._convert = convert        # to Python, to slots: they know of all kinds of values
        self._gone = False
        store.inner.heap.pin(bits)
        store.inner.heap.when_unpinned(bits, self._lose)

    def _lose(self) -> None:
        self._gone = True

    @property
    def bits(self) -> int:
        """The reference's bits, which mean something in its store only."""
        if self._gone or not self._store.inner.heap.is_pinned(self._bits):
            raise GabagoolError("the object is gone: it was released, or the host function that "
                                "got it has returned (hold() keeps it), or its store has gone to "
                                "a snapshot from before Python got it")
        return self._bits

    def hold(self) -> None:
        """In a host function: keep the object also after the call, until it is released."""
        self._store.inner.heap.hold(self.bits)

    def release(self) -> None:
        """Let go of the object: it is collected once the guest does so, too. This reference, and
        all others that Python has to the object, can't be used any more."""
        self._store.inner.heap.unpin(self._bits)

    def belongs_to(self, store: Store) -> bool:
        return self._store.inner is store.inner

    @property
    def type(self) -> StructType | ArrayType:
        """The object's type; types are named by their canonical ids in the store."""
        comp = self._store.inner.heap.comp_at(self.bits)
        assert isinstance(comp, StructType | ArrayType)
        return comp

    def view(self, start: int = 0, count: int = WINDOW) -> ObjectView:
        """A frozen view, with the names that the module gives; `count` items from `start` on."""
        return self._store.inner.objects.view(self.bits, reftype(False, ANY), start, count)

    def __len__(self) -> int:
        return self._store.inner.heap.count_at(self.bits)

    def __iter__(self) -> Iterator[Any]:
        return (self._value(*item) for item in
                self._store.inner.heap.items(self.bits, 0, len(self)))

    def __getitem__(self, index: int) -> Any:
        """IndexError if there is none; an index below 0 counts from the end."""
        return self._value(*self._store.inner.heap.get(self.bits, self._index(index)))

    def __setitem__(self, index: int, value: Any) -> None:
        heap, index = self._store.inner.heap, self._index(index)
        field, _ = heap.get(self.bits, index)
        if not field.mutable:
            raise TypeError(f"{index} of {self!r} is immutable")
        bits = self._convert[1](self._store, field.unpacked, value)
        heap.put(self.bits, index, bits & (1 << field.bits) - 1)

    def _index(self, index: int) -> int:
        return index + len(self) if index < 0 else index

    def _value(self, field: FieldType, bits: int) -> Any:
        if field.packed:
            return bits
        return self._convert[0](self._store, field.storage, bits)

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, ObjectRef) and self._bits == other._bits
                and self.belongs_to(other._store))

    def __hash__(self) -> int:
        return hash((id(self._store.inner), self._bits))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.view(count=0).text} at 0x{self._bits:x}>"


class StructRef(ObjectRef):
    """A reference to a structure."""

    __slots__ = ()

    @property
    def fields(self) -> tuple[Any, ...]:
        return tuple(self)


class ArrayRef(ObjectRef):
    """A reference to an array."""

    __slots__ = ()


def from_reference(store: Store, bits: int, convert: tuple[Convert, Convert]) -> Any:
    """What reference bits other than null, to anything but functions and exceptions, are in
    Python."""
    if bits & REF_I31:
        return I31.of(bits)
    if bits & 7:
        return store.inner.host_refs.value(bits)
    is_struct = isinstance(store.inner.heap.comp_at(bits), StructType)
    return (StructRef if is_struct else ArrayRef)(store, bits, convert)
