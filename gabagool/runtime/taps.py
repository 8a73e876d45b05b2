"""The taps of a machine: set all at once, noticed by native code or, what Python does, here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gabagool.errors import GabagoolError
from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.native.layout import LOGGED_VALUES, Ctx, Tap
from gabagool.runtime.armed import SHOWN, Armed, TapLog
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.log import Touch
from gabagool.runtime.region import Region
from gabagool.runtime.stops import Position
from gabagool.runtime.tapping import (
    Code,
    Forms,
    GlobalWrites,
    Hit,
    HostCalls,
    LocalWrites,
    MemoryWrites,
    TableWrites,
    TapSpec,
)
from gabagool.types import slot_width, slots_of_all

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

LOCAL_WRITERS = frozenset(f.name for f in FORMS if f.name.startswith(("local.set", "local.tee")))
GLOBAL_WRITERS = frozenset(f.name for f in FORMS if f.name.startswith("global.set"))


class Taps:
    """The taps that are set in one machine. Absent ones cost nothing."""

    def __init__(self, machine: Inspection) -> None:
        self._machine = machine
        self._store = machine.store
        self._armed: list[Armed] = []
        self._memories: list[Armed] = []
        self._calls: list[Armed] = []
        self._ruled: list[Armed] = []        # those of forms: new code is searched for them
        self._seen = 0                       # functions whose code was searched
        self._hooks: dict[int, dict[int, list[Armed]]] = {}   # by function and code position
        self._lists: Region | None = None
        self._records: Region | None = None
        self._log, self._unlogged = TapLog(), TapLog()
        self._addresses: Region | None = None

    # -- setting -----------------------------------------------------------------------------

    def arm(self, specs: Sequence[TapSpec], skip: int = 0, room: int = 0) -> list[Armed]:
        """Set exactly these taps, in place of those before; GabagoolError if one can't be.

        Of their hits, number `skip` (counted from 0, all taps together) to `skip + room - 1` are
        kept for `hits`.
        """
        self.disarm()
        self.connect()
        self._log = TapLog(skip, room)
        records = self._records = Region(max(1, len(specs)) * Tap.SIZE)
        armed = [Armed(spec, records, i * Tap.SIZE) for i, spec in enumerate(specs)]
        for tap in armed:
            tap[Tap.LOG] = (self._log if tap.spec.logged else self._unlogged).address
        try:
            for tap in armed:
                self._place(tap)
        except GabagoolError:
            self._hooks.clear()
            self._ruled.clear()
            self._calls.clear()
            raise
        self._armed = armed
        self._seen = 0
        self._memories = [t for t in armed if isinstance(t.spec.where, MemoryWrites)]
        self._watch_memories()
        if any(not isinstance(t.spec.where, Code | Forms | HostCalls) for t in armed):
            self._store.log.touched = []
        self.update()
        return armed

    def disarm(self) -> None:
        """Notice nothing more."""
        if not self._armed:
            return
        hooked = [self._store.funcs[addr] for addr in self._hooks]
        self._armed, self._memories, self._calls, self._ruled = [], [], [], []
        self._hooks = {}
        self._store.log.touched = None
        self._machine.breaks.set_hooks({}, hooked)
        self._watch_memories()
        self._machine.breaks.enable_again()

    def _place(self, tap: Armed) -> None:
        where = tap.spec.where
        if isinstance(where, Code):
            for position in where.positions:
                func, at = self._machine.breaks.locate(position)
                self._hook(func, at, tap)
        elif isinstance(where, LocalWrites):
            self._place_local(tap, where)
        elif isinstance(where, GlobalWrites):
            found = self._store.globals[where.addr]
            tap[Tap.PLACE] = self._store.globals_region.address + found.offset
            tap[Tap.WIDTH] = slot_width(found.type.valtype)
            self._ruled.append(tap)
        elif isinstance(where, MemoryWrites):
            region = self._store.memories[where.addr].region
            if not 0 <= where.start < where.start + where.size <= region.capacity:
                raise GabagoolError(f"{where.size} bytes at {where.start:#x} are not in memory "
                                    f"{where.addr}, which can't have more than {region.capacity}")
            start = region.address + where.start
            assert tap.copy is not None
            tap[Tap.START], tap[Tap.END] = start, start + where.size
            tap[Tap.PLACE] = tap.copy.address
        elif isinstance(where, Forms):
            self._ruled.append(tap)
        elif isinstance(where, HostCalls):
            self._calls.append(tap)

    def _place_local(self, tap: Armed, where: LocalWrites) -> None:
        inst = self._store.instances[where.instance]
        func = self._store.funcs[inst.funcs[where.funcidx]]
        if not func.base:
            self._store.thread(func)
        assert func.lowered is not None
        types = func.lowered.locals
        offset = 8 * slots_of_all(types[:where.index])
        frame = self._machine.stack.address + where.fp
        tap[Tap.FRAME], tap[Tap.PLACE] = frame, frame + offset
        tap[Tap.WIDTH] = slot_width(types[where.index])
        for at in self._sites(func, LOCAL_WRITERS):
            if self._machine.fields_at(func, at)[1] == offset:
                self._hook(func, at, tap)

    def _sites(self, func: FuncInst, names: Iterable[str]) -> Iterator[int]:
        """Code positions of a function's words of some forms."""
        lowered = func.lowered
        assert lowered is not None
        numbers = {FORM_NUMBER[name] for name in names}
        return (at for number, at in lowered.numbered if number in numbers)

    def _hook(self, func: FuncInst, at: int, tap: Armed) -> None:
        taps = self._hooks.setdefault(func.addr, {}).setdefault(at, [])
        if tap not in taps:
            taps.append(tap)

    def update(self) -> None:
        """Hook what belongs to taps in functions that were threaded since."""
        based = self._store.based
        if self._seen < len(based) and self._ruled:
            for func in based[self._seen:]:
                self._apply_rules(func)
            self._seen = len(based)
        if self._hooks:
            self._publish()

    def _apply_rules(self, func: FuncInst) -> None:
        for tap in self._ruled:
            where = tap.spec.where
            if isinstance(where, Forms):
                for at in self._sites(func, where.names):
                    self._hook(func, at, tap)
            elif isinstance(where, GlobalWrites):
                offset = self._store.globals[where.addr].offset
                for at in self._sites(func, GLOBAL_WRITERS):
                    if self._machine.threaded_fields_at(func, at)[1] == offset:
                        self._hook(func, at, tap)

    def _publish(self) -> None:
        """Write the list of taps of each hooked word, and have the words replaced."""
        sizes = sum(8 * (1 + len(taps)) for words in self._hooks.values()
                    for taps in words.values())
        lists, at = Region(max(8, sizes)), 0
        hooks: dict[int, dict[int, int]] = {}
        for addr, words in self._hooks.items():
            for place, taps in words.items():
                hooks.setdefault(addr, {})[place] = lists.address + at
                for value in (len(taps), *(tap.address for tap in taps)):
                    lists.put_u64(at, value)
                    at += 8
        self._machine.breaks.set_hooks(hooks, [self._store.funcs[addr] for addr in hooks])
        self._lists = lists
        self._machine.breaks.enable_again()

    def connect(self) -> None:
        """Tell the control block what handlers call: of the native code there is now."""
        native, ctx = self._store.native, self._machine.ctx
        ctx[Ctx.TOUCHED], ctx[Ctx.HOOKED] = native.touched, native.hooked

    def _watch_memories(self) -> None:
        """Let stores tell us, if memory is watched."""
        ctx, taps = self._machine.ctx, self._memories
        self._addresses = Region(8 * max(1, len(taps)))
        for i, tap in enumerate(taps):
            self._addresses.put_u64(8 * i, tap.address)
        ctx[Ctx.WATCHES], ctx[Ctx.WATCH_COUNT] = self._addresses.address, len(taps)
        ctx[Ctx.WATCH_START] = min((tap[Tap.START] for tap in taps), default=0)
        ctx[Ctx.WATCH_END] = max((tap[Tap.END] for tap in taps), default=0)
        self._machine.breaks.watch(bool(taps))

    # -- running -----------------------------------------------------------------------------

    def sync(self) -> None:
        """Execution is about to go on from a state that may have been restored."""
        if not self._armed:
            return
        if self._seen < len(self._store.based) and self._ruled:
            self.update()
        for tap in self._memories:
            where = tap.spec.where
            assert isinstance(where, MemoryWrites) and tap.copy is not None
            region = self._store.memories[where.addr].region
            tap.copy.view[:where.size] = region.view[where.start:where.start + where.size]
        if self._store.log.touched:
            self._store.log.touched.clear()

    def threaded(self) -> None:
        """A function was threaded while running."""
        if self._ruled:
            self.update()

    def calls(self, name: str) -> bool:
        """A host function is about to be called. Whether a tap wants to stop before that."""
        stop = False
        for tap in self._calls:
            where = tap.spec.where
            if isinstance(where, HostCalls) and name in where.names:
                stop |= self._hit(tap, bytes(SHOWN), bytes(SHOWN), 0, 0)
        return stop

    def touched(self) -> bool:
        """The instruction that Python has just done may have written what is tapped.

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
        kind = "global" if isinstance(where, GlobalWrites) else "table"
        if not isinstance(where, GlobalWrites | TableWrites):
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
        parts = [(max(where.start, t.start), min(where.start + where.size, t.start + t.count))
                 for t in touches if (t.kind, t.addr) == ("memory", where.addr)]
        parts = [(lo, hi) for lo, hi in parts if lo < hi]
        if not parts:
            return False
        base = self._store.memories[where.addr].region.address
        ctx = self._machine.ctx
        return self._store.native.watched(
            ctx.address, tap.address, base + min(lo for lo, _ in parts),
            base + max(hi for _, hi in parts), ctx[Ctx.FP], ctx[Ctx.PC], ctx[Ctx.FUEL])

    def _hit(self, tap: Armed, old: bytes, new: bytes, at: int, length: int) -> bool:
        values = Region(2 * SHOWN)
        values.view[:len(old)] = old
        values.view[SHOWN:SHOWN + len(new)] = new
        ctx = self._machine.ctx
        return self._store.native.hit(
            ctx.address, tap.address, ctx[Ctx.FP], ctx[Ctx.PC], ctx[Ctx.FUEL], values.address,
            values.address + SHOWN, at, length)

    # -- looking -----------------------------------------------------------------------------

    def hits(self) -> list[tuple[int, Hit]]:
        """The hits that were kept, each with the number of its tap."""
        numbers = {tap.address: i for i, tap in enumerate(self._armed)}
        return [(numbers[entry[6]], self._decoded(self._armed[numbers[entry[6]]], entry))
                for entry in self._log.entries()]

    def _decoded(self, tap: Armed, entry: tuple[Any, ...]) -> Hit:
        step, pc, at, length, old, new, _, *numbers = entry
        values = tuple(None if numbers[LOGGED_VALUES] >> i & 1 else numbers[i]
                       for i in range(len(tap.spec.values)))
        hit = Hit(step, self._position(pc), values=values)
        where = tap.spec.where
        if isinstance(where, Code | Forms | HostCalls):
            return hit
        if isinstance(where, MemoryWrites):
            at -= self._store.memories[where.addr].region.address
            shown = where.size if where.size <= SHOWN else min(length, SHOWN)
        elif isinstance(where, TableWrites):
            shown = 8
        else:
            at, shown = 0, tap[Tap.WIDTH]
        return replace(hit, at=at, length=length, old=old[:shown], new=new[:shown])

    def _position(self, pc: int) -> Position | None:
        func, at = self._store.func_at(pc)
        if func.instance is None or func.lowered is None:
            return None
        return Position(func.instance.index, func.funcidx, func.lowered.offset_at(at))
