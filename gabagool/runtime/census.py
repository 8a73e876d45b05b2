"""What lies in a heap, counted by type: for people who look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gabagool.native.layout import HeapWord
from gabagool.records import dataclass
from gabagool.types import ArrayType, StructType

if TYPE_CHECKING:
    from gabagool.runtime.store import Store


@dataclass(frozen=True, slots=True)
class TypeCount:
    """The objects of a type: `kind` is struct, array or exn; `text` as in an ObjectView."""

    type_id: int
    kind: str
    text: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class HeapView:
    """A heap of `size` bytes that can get `limit`. Objects take `used` of them, with those that
    nothing refers to any more; a collection comes when there is no room in the rest. The last of
    `collections` left `live` bytes. `types` are ordered by the bytes they take, most first."""

    size: int
    limit: int
    used: int
    live: int
    collections: int
    types: tuple[TypeCount, ...]


def heap_view(store: Store) -> HeapView:
    """The heap of a store as it is now."""
    heap = store.heap
    types = [TypeCount(number, _kind(store, number), store.objects.type_text(number), *found)
             for number, found in heap.census().items()]
    types.sort(key=lambda each: (-each.bytes, each.type_id))
    return HeapView(heap.region.size, heap.limit, sum(each.bytes for each in types),
                    heap.control(HeapWord.LIVE), heap.control(HeapWord.COLLECTIONS), tuple(types))


def _kind(store: Store, number: int) -> str:
    comp = store.types.types[number].comp
    return ("array" if isinstance(comp, ArrayType) else
            "struct" if isinstance(comp, StructType) else "exn")
