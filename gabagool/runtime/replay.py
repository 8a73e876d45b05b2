"""Feeding recorded host calls back into a store (DESIGN 4, determinism).

Entries that were recorded here are as good as the calls were. Others may come from a file: native
code relies on what they bring in, so each effect is checked just before it takes place.
"""

from __future__ import annotations

from gabagool.errors import GabagoolError, SnapshotError
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.journal import Effect, Entry
from gabagool.runtime.slots import of_words
from gabagool.runtime.store import Store
from gabagool.types import (
    EXN,
    PAGE,
    ValType,
    is_nullable,
    is_ref,
    reftype,
    slots_of,
    slots_of_all,
)


def apply(store: Store, func: FuncInst, entry: Entry, foreign: bool) -> None:
    """Let a recorded call of `func` have its effects again; the host is not touched.

    With `foreign`, raises SnapshotError for what can't be.
    """
    try:
        for effect in entry.effects:
            if foreign:
                _check_effect(store, effect)
            _apply(store, effect)
        if foreign and entry.end is None:
            _check_values(store, func.type.results, entry.results)
        if foreign and entry.end is not None and entry.end[0] == "throw":
            _check_value(store, reftype(False, EXN), int(entry.end[1]))
    except (GabagoolError, IndexError) as error:
        raise SnapshotError(f"the journal does not fit the program: the call of {entry.name} at "
                            f"step {entry.step}: {error}") from error


def _apply(store: Store, effect: Effect) -> None:
    match effect:
        case ("memory", addr, offset, data):
            store.memories[addr].write(offset, data)
        case ("grow", addr, pages):
            store.memories[addr].grow(pages)
        case ("global", addr, bits):
            store.globals[addr].bits = bits
        case ("table", addr, index, ref):
            store.tables[addr].set(index, ref)
        case ("tgrow", addr, count, ref):
            store.tables[addr].grow(count, ref)
        case ("exn", tag, words):
            store.new_exn(tag, words)
        case ("item", ref, index, bits):
            store.heap.put(ref, index, bits)
        case ("pin", ref):
            store.heap.pin(ref)
        case ("unpin", ref):
            store.heap.unpin(ref)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise SnapshotError(what)


def _check_effect(store: Store, effect: Effect) -> None:
    match effect:
        case ("grow", addr, pages):
            room = store.memories[addr].max_pages - store.memories[addr].pages
            _require(pages <= room, f"memory {addr} grows by {pages * PAGE} bytes")
        case ("global", addr, bits):
            _check_value(store, store.globals[addr].type.valtype, bits)
        case ("table", addr, _, ref):
            _check_value(store, store.tables[addr].declared.element, ref)
        case ("tgrow", addr, count, ref):
            _require(count <= store.tables[addr].max_size, f"table {addr} grows by {count}")
            _check_value(store, store.tables[addr].declared.element, ref)
        case ("exn", tag, words):
            types = store.tags[tag].type.params
            _require(slots_of_all(types) == len(words), f"an exception of {len(words)} slots")
            _check_values(store, types, of_words(types, words))
        case ("item", ref, index, bits):
            _require(store.heap.is_object(ref), f"no object at 0x{ref:x}")
            field = store.heap.place(ref, index)[1]
            _require(field.mutable and bits >> field.bits == 0, f"0x{bits:x} for {field}")
            if is_ref(field.storage):
                _check_value(store, field.storage, bits)
        case ("pin", ref):
            _require(store.heap.is_object(ref), f"no object at 0x{ref:x}")


def _check_values(store: Store, types: tuple[ValType, ...], values: tuple[int, ...]) -> None:
    _require(len(types) == len(values), f"{len(values)} values where {len(types)} belong")
    for t, bits in zip(types, values, strict=True):
        _check_value(store, t, bits)


def _check_value(store: Store, t: ValType, bits: int) -> None:
    if not is_ref(t):
        _require(bits >> 64 * slots_of(t) == 0, f"a value of 0x{bits:x}")
    elif bits == 0:
        _require(is_nullable(t), "null where no null may be")
    else:
        _require(store.fits(t, bits), f"a reference of 0x{bits:x}")
        if store.types.traces(t) and bits & 7 == 0:
            _require(store.heap.is_object(bits), f"no object at 0x{bits:x}")
