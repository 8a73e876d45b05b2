"""What a collection starts from: precise roots, by the validator's types (DESIGN 4, GC heap).

Fused handlers leave operand slots stale, so a slot's bytes alone say nothing: two runs that are at
the same step may differ in them. Types say which slots count, and they are the same in every run.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gabagool.native.collecting import Block, Functions
from gabagool.native.layout import Header, Work
from gabagool.rectypes import closed
from gabagool.runtime.region import Region
from gabagool.runtime.typing import field_offsets
from gabagool.types import ValType

if TYPE_CHECKING:
    from gabagool.runtime.store import Store

_U32 = struct.Struct("<I")
Stopped = tuple[int, int, int]      # addresses of a word and of its frame, number of its function


class Roots:
    """The roots of one store. Reference maps of frames are made when first needed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._frame_maps: Region | None = None
        self._globals = (0, 0)                  # how many the map knows, its number
        self._elems: list[tuple[int, int, ValType, array[int]]] = []
        self._instances = 0                     # how many `_elems` knows

    def mark(self, native: Functions, work: Block, stopped: Iterable[Stopped]) -> None:
        """Mark what is reachable in a store with stacks `stopped` at these words."""
        store = self._store
        native.mark_span(work.give(store.heap.pins.address, store.heap.pins.size // 8))
        for table in store.tables:
            if store.types.traces(table.declared.element):
                native.mark_span(work.give(table.region.address, table.size))
        native.mark_at(work.give(store.globals_region.address, self._globals_map()))
        for instance, segment, _, refs in self.segments():
            if segment not in store.instances[instance].dropped_elems:
                native.mark_span(work.give(*refs.buffer_info()))
        for position in stopped:
            if position[2]:             # else the machine has no frames
                self._mark_frames(native, work, position)

    def _globals_map(self) -> int:
        store = self._store
        if self._globals[0] != len(store.globals):
            places = [(g.offset, g.type.valtype) for g in store.globals]
            self._globals = len(places), store.types.add_map(places)
        return store.types.maps.address + 4 * self._globals[1]

    def segments(self) -> list[tuple[int, int, ValType, array[int]]]:
        """(instance, index, closed type, references) of the element segments that may refer to
        objects, dropped ones too."""
        store = self._store
        for inst in store.instances[self._instances:]:
            # an instance that could not be made has not got its elements
            elems = zip(inst.compiled.module.elems, inst.elems, strict=False)
            for i, (elem, refs) in enumerate(elems):
                t = closed(elem.type, inst.types)
                if store.types.traces(t) and refs:
                    self._elems.append((inst.index, i, t, array("Q", refs)))
        self._instances = len(store.instances)
        return self._elems

    # -- frames ------------------------------------------------------------------------------

    def _mark_frames(self, native: Functions, work: Block, position: Stopped) -> None:
        store = self._store
        if self._frame_maps is None:
            self._frame_maps = Region(store.arena.capacity // 2)
        work[Work.FUNCS] = store.func_records.address
        work[Work.ARENA] = store.arena.address
        work[Work.FRAME_MAPS] = self._frame_maps.address
        key = native.mark_frames(work.give(*position))
        while key:
            self._frame_maps.put_u32(key - store.arena.address, self._frame_map(key))
            key = native.mark_frames(work.address)

    def _frame_map(self, key: int) -> int:
        """The number of the map of a frame that stands at a word, or that called amid one."""
        func, at = self._store.func_at(key)
        assert func.lowered is not None and func.instance is not None
        lowered = func.lowered
        word = lowered.words[bisect_right(lowered.words, at) - 1]
        # what a call hands over lies from its first field's slot on
        end = lowered.frame if word == at else _U32.unpack_from(lowered.code, word + 8)[0]
        operands = func.instance.compiled.operands(func.funcidx, lowered.offset_at(word))
        start = lowered.header + Header.SIZE
        places = [*zip(field_offsets(lowered.locals, 0), lowered.locals, strict=False),
                  *zip(field_offsets(operands, start), operands, strict=False)]
        ids = func.instance.types
        return self._store.types.add_map(
            (offset, closed(t, ids)) for offset, t in places if offset < end)
