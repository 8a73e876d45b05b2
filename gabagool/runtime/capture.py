"""Capturing and restoring a machine: page-wise copies of every region, and the control state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from gabagool.errors import SnapshotError, Trap
from gabagool.isa import FORMS
from gabagool.isa.row import EFFECT, VALUE
from gabagool.native.layout import Ctx, Header
from gabagool.runtime.pages import Pages
from gabagool.runtime.state import Control, Dropped, Outcome, Snapshot
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.tracking import Tracked
from gabagool.types import slots_of_all
from gabagool.valid.lowered import SLOT

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection


class _KnownDropped:
    """The dropped segments of a store as ranges, when `count` of them were."""

    count = 0
    ranges: tuple[Dropped, ...] = ()


class Capturing:
    """Snapshots of one machine; keeps a shadow of each region, so that capturing is quick."""

    def __init__(self, machine: Inspection) -> None:
        self._machine = machine
        self._stack = Tracked(machine.store.native, machine.stack, clean_tail=False)
        self._globals = Tracked(machine.store.native, machine.store.globals_region)
        self._heap = Tracked(machine.store.native, machine.store.heap.region)
        self._pins = Tracked(machine.store.native, machine.store.heap.pins)
        self._memories: list[Tracked] = []
        self._tables: list[Tracked] = []
        self._dropped_known = _KnownDropped()

    def for_another(self, machine: Inspection, snapshot: Snapshot) -> Capturing:
        """The same for another machine of the store, which takes its own part of a snapshot."""
        new = Capturing(machine)
        new._globals, new._memories, new._tables = self._globals, self._memories, self._tables
        new._heap, new._pins = self._heap, self._pins
        new._dropped_known = self._dropped_known
        new.restore_own(snapshot)
        return new

    def _track_new(self) -> None:
        store = self._machine.store
        for memory in store.memories[len(self._memories):]:
            self._memories.append(Tracked(store.native, memory.region))
        for table in store.tables[len(self._tables):]:
            self._tables.append(Tracked(store.native, table.region))

    # -- capture -----------------------------------------------------------------------------

    def capture(self) -> Snapshot:
        return self._snapshot(Tracked.capture)

    def look(self) -> Snapshot:
        """As `capture`, but its pages are the machine's own: good until the machine runs on."""
        return self._snapshot(Tracked.look)

    def _snapshot(self, take: Callable[[Tracked, int], Pages]) -> Snapshot:
        machine, store = self._machine, self._machine.store
        if machine.nested:
            raise SnapshotError("a snapshot can't be taken while a host function is calling "
                                "back into wasm: its Python frames can't be saved")
        self._track_new()
        control = self._control()
        regions: dict[str, Pages] = {
            "stack": take(self._stack, control.stack_size),
            "globals": take(self._globals, store.globals_region.size),
            "heap": take(self._heap, store.heap.region.size),
            "pins": take(self._pins, store.heap.pins.size)}
        for i, memory in enumerate(store.memories):
            regions[f"memory {i}"] = take(self._memories[i], memory.region.size)
        for i, table in enumerate(store.tables):
            regions[f"table {i}"] = take(self._tables[i], table.region.size)
        journal = machine.journal.position if machine.journal is not None else 0
        return Snapshot(machine.step, regions, control, machine.hosts.state, journal)

    def _control(self) -> Control:
        machine = self._machine
        func, at = machine.store.func_at(machine.ctx[Ctx.PC])
        fp = machine.ctx[Ctx.FP] - machine.stack.address
        if func.lowered is None:
            # finished: no frame is left, and the results are the outcome's
            return Control(0, -1, fp, 0, machine.depth, fp, self._dropped(), self._outcome())
        height = self._height()
        size = fp + func.lowered.header + Header.SIZE + height * SLOT
        return Control(func.addr, func.lowered.offset_at(at), fp, height, machine.depth, size,
                       self._dropped(), self._outcome())

    def _height(self) -> int:
        """Operand slots of the innermost frame, from its word alone where the form tells."""
        machine = self._machine
        func, at = machine.store.func_at(machine.ctx[Ctx.PC])
        assert func.lowered is not None
        form = FORMS[func.lowered.form_number(at)]
        if form.kind in (VALUE, EFFECT) or form.pops:
            slot = machine.fields_at(func, at)[0]
            above = slots_of_all(form.params) if form.params else form.pops
            return (slot - func.lowered.header - Header.SIZE) // SLOT + above
        return slots_of_all(machine.operand_types(func, func.lowered.offset_at(at)))

    def _dropped(self) -> tuple[Dropped, ...]:
        # Segments are only ever dropped while running, so their number tells whether any was.
        instances = self._machine.store.instances
        count = sum(len(i.dropped_datas) + len(i.dropped_elems) for i in instances)
        known = self._dropped_known
        if count != known.count:
            known.count = count
            known.ranges = tuple(
                (kind, inst.index, first, end) for inst in instances
                for kind, segments in (("data", inst.dropped_datas), ("elem", inst.dropped_elems))
                for first, end in _ranges(sorted(segments)))
        return known.ranges

    def _outcome(self) -> Outcome:
        ended = self._machine.ended
        if ended is None:
            return ()
        if ended.trap is not None:
            return ("trap", ended.trap.message)
        if ended.exception is not None:
            return ("exception", ended.exception.ref)
        if ended.exit_code is not None:
            return ("exit", ended.exit_code)
        return ("finished", *(ended.results or ()))

    # -- restore -----------------------------------------------------------------------------

    def restore(self, snapshot: Snapshot) -> None:
        store = self._machine.store
        self._track_new()
        self._globals.restore(snapshot.regions["globals"])
        for i, memory in enumerate(store.memories):
            self._memories[i].restore(snapshot.regions[f"memory {i}"])
            memory.publish()
        for i, table in enumerate(store.tables):
            self._tables[i].restore(snapshot.regions[f"table {i}"])
            table.publish()
        self._restore_heap(snapshot)
        self._restore_dropped(snapshot.control)
        self.restore_own(snapshot)

    def restore_own(self, snapshot: Snapshot) -> None:
        """What of a snapshot is the machine's, not the store's."""
        machine = self._machine
        self._stack.restore(snapshot.regions["stack"])
        if machine.journal is not None:
            machine.journal.position = snapshot.journal
        machine.hosts.state = snapshot.host
        machine.step = snapshot.step
        self._restore_control(snapshot)

    def _restore_heap(self, snapshot: Snapshot) -> None:
        heap, target = self._machine.store.heap, snapshot.regions["heap"]
        if target.size or heap.region.size:
            self._heap.restore(target)
            self._pins.restore(snapshot.regions["pins"])
            heap.restored()
        self._machine.epoch = heap.epoch

    def _restore_dropped(self, control: Control) -> None:
        if control.dropped == self._dropped():
            return
        self._dropped_known.count = -1
        for inst in self._machine.store.instances:
            inst.dropped_datas.clear()
            inst.dropped_elems.clear()
        for kind, index, first, end in control.dropped:
            inst = self._machine.store.instances[index]
            (inst.dropped_datas if kind == "data" else inst.dropped_elems).update(range(first, end))

    def _restore_control(self, snapshot: Snapshot) -> None:
        machine, control = self._machine, snapshot.control
        machine.ctx.put32(Ctx.DEPTH, control.depth)
        func = machine.store.funcs[control.func]
        at = 0
        if control.func:
            machine.store.thread_alone(func)
            assert func.lowered is not None
            found = func.lowered.position_at(control.offset)
            if found is None:
                raise SnapshotError(f"no instruction at offset 0x{control.offset:x}")
            at = found
        machine.go_to(func, at, control.fp)
        machine.ended = self._ended(snapshot)

    def _ended(self, snapshot: Snapshot) -> Stop | None:
        match snapshot.control.outcome:
            case ("trap", str(message)):
                trap = Trap(message, self._machine.backtrace(), self._machine.depth)
                return Stop(StopReason.TRAP, snapshot.step, trap=trap)
            case ("exception", int(ref)):
                return Stop(StopReason.EXCEPTION, snapshot.step,
                            exception=self._machine.uncaught(ref))
            case ("exit", int(code)):
                return Stop(StopReason.EXIT, snapshot.step, exit_code=code)
            case ("finished", *results):
                bits = tuple(int(r) for r in results)
                return Stop(StopReason.FINISHED, snapshot.step, results=bits)
        return None


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as ranges [first, end)."""
    starts = [i for i, n in enumerate(numbers) if i == 0 or numbers[i - 1] != n - 1]
    return ((numbers[a], numbers[b - 1] + 1)
            for a, b in pairwise([*starts, len(numbers)]))
