"""What Python does that taps are for: calls of host functions, throws, and what those write and
read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gabagool.isa.row import Form
from gabagool.native.layout import Ctx
from gabagool.runtime.armed import SHOWN, Armed
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.log import Touch
from gabagool.runtime.region import Region
from gabagool.runtime.tapping import (
    Exceptions,
    GlobalWrites,
    HostCalls,
    MemoryWrites,
    TableWrites,
)
from gabagool.types import slots_of_all

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

_THROWERS = ("throw", "throw_ref", "rethrow")


class Telling:
    """Tells the taps of a machine."""

    def __init__(self, machine: Inspection) -> None:
        self._machine = machine
        self._store = machine.store
        self._armed: list[Armed] = []
        self._calls: list[Armed] = []
        self._throws: list[Armed] = []

    def calls(self, func: FuncInst, slot: int) -> bool:
        """A host function is about to be called, with its arguments from a slot of the innermost
        frame on. Whether a tap wants to stop before that."""
        stop = False
        for tap in self._calls:
            where = tap.spec.where
            if isinstance(where, HostCalls) and func.name in where.names:
                args = self._slots(slot, slots_of_all(func.type.params))
                stop |= self._hit(tap, bytes(SHOWN), args, 0, 0)
        return stop

    def _slots(self, slot: int, count: int) -> bytes:
        """The bytes of some slots of the innermost frame."""
        machine = self._machine
        return machine.stack.read(machine.ctx[Ctx.FP] - machine.stack.address + slot, 8 * count)

    def throws(self, form: Form, fields: Sequence[int]) -> bool:
        """Python is about to do an instruction. Whether that throws what a tap wants to stop
        before."""
        if not self._throws or form.name not in _THROWERS:
            return False
        if ("tag", "tag") in form.fields:
            tag = fields[1]
        else:
            ref = int.from_bytes(self._slots(fields[0], 1), "little")
            if not ref:
                return False        # it traps
            tag = self._store.exn(ref)[0]
        stop = False
        for tap in self._throws:
            where = tap.spec.where
            if isinstance(where, Exceptions) and (where.tags is None or tag in where.tags):
                stop |= self._hit(tap, bytes(SHOWN), bytes(SHOWN), 0, 0)
        return stop

    def touched(self) -> bool:
        """The instruction that Python has just done may have written or read what is tapped.

        Whether a tap wants to stop.
        """
        touched = self._store.log.touched
        if not touched:
            return False
        touches, touched[:] = list(touched), []
        stops = [self._told(tap, touches) for tap in self._armed]
        return any(stops)

    def _told(self, tap: Armed, touches: Sequence[Touch]) -> bool:
        where = tap.spec.where
        if isinstance(where, MemoryWrites):
            return self._told_memory(tap, where, touches)
        if isinstance(where, TableWrites) and tap.spec.reads:
            return self._told_read(tap, where, touches)
        kind = "global" if isinstance(where, GlobalWrites) else "table"
        if not isinstance(where, GlobalWrites | TableWrites) or tap.spec.reads:
            return False
        found = [t for t in touches if (t.kind, t.addr) == (kind, where.addr)]
        first, count = (where.start, where.count) if isinstance(where, TableWrites) else (0, 1)
        old: dict[int, bytes] = {}
        new: dict[int, bytes] = {}
        for t in found:
            for i in range(max(first, t.start), min(first + count, t.start + t.count)):
                at = (i - t.start) * t.width
                old.setdefault(i, t.old[at:at + t.width])
                new[i] = t.new[at:at + t.width]
        written = [i for i in old if old[i] != new[i]] if tap.spec.changed else list(old)
        if not written:
            return False
        i = min(written)
        return self._hit(tap, old[i], new[i], i, len(written))

    def _told_memory(self, tap: Armed, where: MemoryWrites, touches: Sequence[Touch]) -> bool:
        """One instruction is one hit, however often it writes: what it has written, as a range."""
        kind = "memory read" if tap.spec.reads else "memory"
        parts = [(max(where.start, t.start), min(where.start + where.size, t.start + t.count))
                 for t in touches if (t.kind, t.addr) == (kind, where.addr)]
        parts = [(lo, hi) for lo, hi in parts if lo < hi]
        if not parts or tap.warm(parts, self._machine.step):
            return False
        base = self._store.memories[where.addr].region.address
        ctx = self._machine.ctx
        return self._store.native.watched(
            ctx.address, tap.address, base + min(lo for lo, _ in parts),
            base + max(hi for _, hi in parts), ctx[Ctx.FP], ctx[Ctx.PC], ctx[Ctx.FUEL])

    def _told_read(self, tap: Armed, where: TableWrites, touches: Sequence[Touch]) -> bool:
        """Elements that were copied from a table; the first of those that are watched."""
        found = [i for t in touches if (t.kind, t.addr) == ("table read", where.addr)
                 for i in range(max(where.start, t.start),
                                min(where.start + where.count, t.start + t.count))]
        if not found:
            return False
        value = self._store.tables[where.addr].get(min(found)).to_bytes(8, "little")
        return self._hit(tap, value, value, min(found), len(set(found)))

    def _hit(self, tap: Armed, old: bytes, new: bytes, at: int, length: int) -> bool:
        values = Region(2 * SHOWN + len(new))
        values.view[:len(old)] = old
        values.view[SHOWN:SHOWN + len(new)] = new
        ctx = self._machine.ctx
        return self._store.native.hit(
            ctx.address, tap.address, ctx[Ctx.FP], ctx[Ctx.PC], ctx[Ctx.FUEL], values.address,
            values.address + SHOWN, at, length)
