"""The taps of a machine: set all at once, noticed by native code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gabagool.errors import GabagoolError
from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.native.layout import LOGGED_VALUES, Ctx, Tap
from gabagool.runtime.armed import SHOWN, Armed, Ignored, TapLog
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.region import Region
from gabagool.runtime.stops import Position
from gabagool.runtime.tapping import (
    Code,
    Exceptions,
    Forms,
    GlobalWrites,
    Hit,
    HostCalls,
    LocalWrites,
    MemoryWrites,
    TableWrites,
    TapSpec,
)
from gabagool.runtime.telling import Telling
from gabagool.types import slot_width, slots_of_all

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

LOCAL_READERS = frozenset(f.name for f in FORMS if f.name.startswith("local.get"))
GLOBAL_READERS = frozenset(f.name for f in FORMS if f.name.startswith("global.get"))
# Those that read one element of a table: where they name the slot of its index. Copies of many
# elements are told of by who makes them.
_INDEX = {f.name: f.offset_of("index" if ("index", "slot") in f.fields else "slot") for f in FORMS
          if f.name == "table.get" or (("index", "slot") in f.fields
                                       and ("table", "table") in f.fields)}
LOCAL_WRITERS = frozenset(f.name for f in FORMS if f.name.startswith(("local.set", "local.tee")))
GLOBAL_WRITERS = frozenset(f.name for f in FORMS if f.name.startswith("global.set"))

_PLACELESS = (Code, Forms, HostCalls, Exceptions)        # what hits no place with a value
_FIRST_FIELD = 8         # where a word names its first operand's slot


class Taps(Telling):
    """The taps that are set in one machine. Absent ones cost nothing."""

    def __init__(self, machine: Inspection) -> None:
        super().__init__(machine)
        self._memories: list[Armed] = []
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
        groups = {spec.group or -1 - i: Ignored(spec.ignore) for i, spec in enumerate(specs)}
        armed = [Armed(spec, records, i * Tap.SIZE, groups[spec.group or -1 - i])
                 for i, spec in enumerate(specs)]
        for tap in armed:
            tap[Tap.LOG] = (self._log if tap.spec.logged else self._unlogged).address
        try:
            for tap in armed:
                self._place(tap)
        except GabagoolError:
            self._hooks.clear()
            self._ruled.clear()
            self._calls.clear()
            self._throws.clear()
            raise
        self._armed = armed
        self._seen = 0
        self._memories = [t for t in armed if isinstance(t.spec.where, MemoryWrites)]
        self._watch_memories()
        if any(not isinstance(t.spec.where, _PLACELESS) for t in armed):
            self._store.log.touched = []
        self.update()
        return armed

    def disarm(self) -> None:
        """Notice nothing more."""
        if not self._armed:
            return
        hooked = [self._store.funcs[addr] for addr in self._hooks]
        self._armed, self._memories, self._calls, self._ruled = [], [], [], []
        self._hooks, self._throws = {}, []
        self._store.log.touched = None
        self._machine.breaks.set_hooks({}, hooked)
        self._watch_memories()
        self._machine.breaks.enable_again()

    def _place(self, tap: Armed) -> None:
        where = tap.spec.where
        if isinstance(where, Code):
            if where.fp is not None:
                tap[Tap.FRAME] = self._machine.stack.address + where.fp
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
            tap[Tap.START], tap[Tap.END] = start, start + where.size
            if tap.copy is not None:
                tap[Tap.PLACE] = tap.copy.address
        elif isinstance(where, TableWrites) and tap.spec.reads:
            region = self._store.tables[where.addr].region
            if not 0 <= where.start < where.start + where.count <= region.capacity // 8:
                raise GabagoolError(f"{where.count} elements from {where.start} on are not in "
                                    f"table {where.addr}")
            tap[Tap.START], tap[Tap.END] = where.start, where.start + where.count
            tap[Tap.PLACE] = region.address
            tap[Tap.WIDTH] = 8
            self._ruled.append(tap)
        elif isinstance(where, Forms):
            self._ruled.append(tap)
        elif isinstance(where, HostCalls):
            self._calls.append(tap)
        elif isinstance(where, Exceptions):
            self._throws.append(tap)

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
        for at in self._sites(func, LOCAL_READERS if tap.spec.reads else LOCAL_WRITERS):
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
                names = GLOBAL_READERS if tap.spec.reads else GLOBAL_WRITERS
                for at in self._sites(func, names):
                    if self._machine.threaded_fields_at(func, at)[1] == offset:
                        self._hook(func, at, tap)
            elif isinstance(where, TableWrites):
                for at in self._sites(func, _INDEX):
                    if self._field(func, at, "table") == where.addr:
                        self._hook(func, at, tap)

    def _field(self, func: FuncInst, at: int, name: str) -> int:
        """A field of the word at a code position, as it is threaded."""
        names = [field for field, _ in self._machine.form_at(func, at).fields]
        return self._machine.threaded_fields_at(func, at)[names.index(name)]

    def _publish(self) -> None:
        """Write the list of taps of each hooked word, and have the words replaced."""
        sizes = sum(8 * (2 + len(taps)) for words in self._hooks.values()
                    for taps in words.values())
        lists, at = Region(max(8, sizes)), 0
        hooks: dict[int, dict[int, int]] = {}
        for addr, words in self._hooks.items():
            for place, taps in words.items():
                hooks.setdefault(addr, {})[place] = lists.address + at
                name = self._machine.form_at(self._store.funcs[addr], place).name
                operand = _INDEX.get(name, _FIRST_FIELD)
                for value in (len(taps), operand, *(tap.address for tap in taps)):
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
        """Let stores, and loads, tell us, if memory is watched."""
        ctx, taps = self._machine.ctx, self._memories
        reads = [tap for tap in taps if tap.spec.reads]
        writes = [tap for tap in taps if not tap.spec.reads]
        self._addresses = Region(8 * max(1, len(taps)))
        for i, tap in enumerate(taps):
            self._addresses.put_u64(8 * i, tap.address)
        ctx[Ctx.WATCHES], ctx[Ctx.WATCH_COUNT] = self._addresses.address, len(taps)
        for start, end, told in ((Ctx.WATCH_START, Ctx.WATCH_END, writes),
                                 (Ctx.READ_START, Ctx.READ_END, reads)):
            ctx[start] = min((tap[Tap.START] for tap in told), default=0)
            ctx[end] = max((tap[Tap.END] for tap in told), default=0)
        self._machine.breaks.watch(bool(writes), bool(reads))

    # -- running -----------------------------------------------------------------------------

    def sync(self) -> None:
        """Execution is about to go on from a state that may have been restored."""
        if not self._armed:
            return
        if self._seen < len(self._store.based) and self._ruled:
            self.update()
        for tap in self._memories:
            where = tap.spec.where
            if tap.copy is not None and isinstance(where, MemoryWrites):
                region = self._store.memories[where.addr].region
                tap.copy.view[:where.size] = region.view[where.start:where.start + where.size]
        if self._store.log.touched:
            self._store.log.touched.clear()

    def threaded(self) -> None:
        """A function was threaded while running."""
        if self._ruled:
            self.update()

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
        hit = Hit(step, self._position(pc), values=values, read=tap.spec.reads)
        where = tap.spec.where
        if isinstance(where, _PLACELESS):
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
