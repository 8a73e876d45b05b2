"""The machine: one execution in a store, stoppable and restorable at every boundary (DESIGN 4)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from gabagool.errors import Exit, GabagoolError, Interrupted, Thrown, Trap
from gabagool.isa.row import Form
from gabagool.native.layout import ELEMENT_TRAPS, REF_SHIFT, TRAPS, Ctx, Header, HeapWord, Reason
from gabagool.runtime import edits, unwind
from gabagool.runtime.breaks import Breaks
from gabagool.runtime.collected import Collection, Collections
from gabagool.runtime.control import ControlBlock
from gabagool.runtime.entities import FuncInst, ModuleInst
from gabagool.runtime.forks import Forks
from gabagool.runtime.host import HostCalls
from gabagool.runtime.inspect import Inspection
from gabagool.runtime.journal import Journal
from gabagool.runtime.region import Region
from gabagool.runtime.roots import Stopped
from gabagool.runtime.services import SERVICES
from gabagool.runtime.slots import read_values, write_values
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.store import Store
from gabagool.runtime.taps import Taps
from gabagool.runtime.throws import Throws

SLICE = 1 << 22          # steps between looks at `cancel`: a few milliseconds
_UNLIMITED = 1 << 62
_NOTES = (Ctx.PROBE_FUEL, Ctx.MARK_FUEL)


def _by_name(form: Form, fields: Sequence[int]) -> dict[str, int]:
    return dict(zip((name for name, _ in form.fields), fields, strict=True))


class Machine(Inspection):
    """Runs functions of `store`. `step` counts executed instructions since `start`.

    `journal`, when set, records host calls or replays them; `throws` notes exceptions,
    `collections` those of garbage. `ended` is the stop that ended the run, if it has ended; its
    state stays, to be looked at and stepped back from.
    """

    def __init__(self, store: Store, stack_bytes: int | None = None,
                 max_depth: int | None = None) -> None:
        stack_bytes = stack_bytes or store.limits.stack_bytes
        self.store = store
        self.stack = Region(stack_bytes)
        self.ctx = ControlBlock(store, self.stack, stack_bytes,
                                max_depth or store.limits.call_depth)
        self.breaks = Breaks(store)
        self.taps = Taps(self)
        self.hosts = HostCalls(self)
        self.journal: Journal | None = None
        self.throws: Throws | None = None
        self.collections: Collections | None = None
        self.step = 0
        self.ended: Stop | None = None
        self.entry: FuncInst | None = None
        self.nested = 0          # calls from host functions back into wasm under way
        self.epoch = store.heap.epoch      # what objects the references on the stack mean
        self._unsettled = False
        self._tapped: StopReason | None = None      # a tap wants to stop
        self._unwound = False     # to the depth at which the run is to stop
        self._probe_step: int | None = None
        self._call_step: int | None = None

    # -- starting ----------------------------------------------------------------------------

    def start(self, funcaddr: int, args: Sequence[int]) -> None:
        """Stand before the first instruction of a wasm function; `args` are slot bits."""
        func = self.store.funcs[funcaddr]
        if func.instance is None:
            raise GabagoolError(f"{func.name} is a host function: there is nothing to step")
        self.step, self.ended, self.entry = 0, None, func
        self.ctx.put32(Ctx.DEPTH, 0)
        self.hosts.state = self.hosts.refresh()
        self._push_entry(func, args, 0)
        self._settle()

    def _push_entry(self, func: FuncInst, args: Sequence[int], fp: int) -> None:
        """Push a frame at stack offset `fp` that returns to the host."""
        if not func.base:
            self.store.thread(func)
        lowered = func.lowered
        assert lowered is not None
        depth = self.ctx.get32(Ctx.DEPTH)
        if not depth:
            self.epoch = self.store.heap.epoch
        if (fp + lowered.frame > self.stack.capacity
                or depth >= self.ctx.get32(Ctx.MAX_DEPTH)):
            raise Trap("call stack exhausted")
        write_values(self.stack.words, fp >> 3, func.type.params, args)
        at = fp + lowered.param_size
        end = fp + lowered.header + Header.SIZE
        self.stack.view[at:end] = bytes(end - at)
        self.ctx.put32(Ctx.DEPTH, depth + 1)
        self.ctx.put32(Ctx.PEAK_DEPTH, max(depth + 1, self.ctx.get32(Ctx.PEAK_DEPTH)))
        self.go_to(func, 0, fp)

    # -- forks -------------------------------------------------------------------------------

    def fork(self) -> Machine:
        """A second machine at this boundary, in the same store, that goes on by itself.

        Pages are shared until one of the two changes them. A store's memories, tables and globals
        are those of the machine that ran (or did `enter`) last, so forks take turns, in one
        thread. Host state goes along; breakpoints stop every machine of a store.
        """
        snapshot = self.capture()
        twin = Machine(self.store, self.ctx[Ctx.STACK_LIMIT] - self.stack.address,
                       self.ctx.get32(Ctx.MAX_DEPTH))
        twin.entry = self.entry
        if self.journal is not None:
            twin.journal = Journal(self.journal.entries[:self.journal.position])
        self._forks = self._forks or Forks(self)
        twin._forks = self._forks
        twin._capturing = self.captures().for_another(twin, snapshot)
        self._forks.add(twin, snapshot)
        return twin

    # -- running -----------------------------------------------------------------------------

    def run(self, until: int, cancel: threading.Event | None = None, breaks: bool = True,
            max_depth: int | None = None) -> Stop:
        """Run until `step` is `until` (absolute), or an earlier stop; see StopReason.

        A breakpoint stops before its instruction, and the next `run` passes it. `max_depth`
        stops as soon as a return leads to that depth or less. `cancel` is looked at every few
        milliseconds. Releases the GIL while native code runs.
        """
        self.enter()
        self.breaks.enable(breaks)
        self.taps.sync()
        self.ctx.put32(Ctx.STOP_DEPTH, -1 if max_depth is None else max_depth)
        self.ctx[Ctx.RESUME_PC] = self.ctx[Ctx.PC]
        try:
            return self._run(until, cancel)
        finally:
            self.ctx.put32(Ctx.STOP_DEPTH, -1)

    def _run(self, until: int, cancel: threading.Event | None) -> Stop:
        self._tapped = None
        while self.ended is None:
            fuel = min(until - self.step, SLICE, self._edit())
            stopping = self._tapped or (StopReason.FUEL if fuel <= 0 else None)
            if cancel is not None and cancel.is_set():
                stopping = stopping or StopReason.CANCELLED
            if stopping and not self._unsettled:
                return Stop(stopping, self.step)
            if self.store.native.is_quick:
                self._improve()
            reason = self._enter(0 if stopping else fuel)
            if reason == Reason.BREAKPOINT:
                self._edit()
                return Stop(StopReason.BREAKPOINT, self.step)
            try:
                self._serve(reason)
            except Interrupted:
                return Stop(StopReason.CANCELLED, self.step)
            if reason == Reason.DEPTH or self._unwound:
                self._unwound = False
                self.ctx.put32(Ctx.STOP_DEPTH, -1)
                self._settle()
                self._edit()
                return self.ended or Stop(StopReason.DEPTH, self.step)
        return self.ended

    def _edit(self) -> int:
        """Let the edits of this boundary take place. Steps to the next one."""
        if self.journal is None or not self.journal.edits:
            return SLICE
        for edit in self.journal.edits:
            if edit.step > self.step or (edit.step == self.step and self._unsettled):
                return edit.step - self.step
            if edit.step == self.step and self.ended is None:
                edits.apply(self, edit)
        return SLICE

    def _improve(self) -> None:
        """Go on with better native code if there is some by now."""
        changed = self.store.improve()
        if changed:
            self.breaks.code_changed(changed)
            self.breaks.renew()
            self.taps.connect()

    def _enter(self, fuel: int) -> Reason:
        """Run native code for at most `fuel` steps and bring `step` up to date."""
        self._unsettled = False
        if self.epoch != self.store.heap.epoch:
            raise GabagoolError("another machine of this store has collected garbage or gone to "
                                "a snapshot: what this one refers to may be gone; start it "
                                "again, or let it go to a snapshot of its own")
        self.ctx[Ctx.FUEL] = fuel
        self.ctx[Ctx.CLOCK] = self.step + fuel
        self.ctx[Ctx.LEFT] = _UNLIMITED
        for note in _NOTES:
            self.ctx[note] = _UNLIMITED
        self.store.native.enter(self.ctx.address)
        start = self.step
        if self.ctx[Ctx.LEFT] != _UNLIMITED:
            self.ctx[Ctx.FUEL] = self.ctx[Ctx.LEFT]
            self._tapped = StopReason.WATCHPOINT
        self.step += fuel - self.ctx[Ctx.FUEL]
        probed, called = (self.ctx[note] for note in _NOTES)
        if probed != _UNLIMITED:
            self._probe_step = start + fuel - probed
        if called != _UNLIMITED:
            self._call_step = start + fuel - called
        return Reason(self.ctx.get32(Ctx.REASON))

    def _settle(self) -> None:
        """Pass over words that are not steps, so that the position is a boundary's.

        This may lead out of functions, or finish the run.
        """
        if self.ended is None:
            self._serve(self._enter(0))

    def _serve(self, reason: Reason) -> None:
        """Do what native code left for Python."""
        if reason in (Reason.FUEL, Reason.DEPTH):
            return
        try:
            if reason == Reason.CALL:
                self._serve_call()
            elif reason == Reason.SERVICE:
                self._serve_service()
            elif reason == Reason.FINISHED:
                self._finish()
            else:
                raise Trap(self._trap_text())
        except Trap as trap:
            self._end_trapping(trap)
        except Thrown as thrown:
            self._throw(thrown.ref)

    def _throw(self, ref: int) -> None:
        """The instruction at PC threw an exception: go on where it is caught, or end."""
        tag, words = self.store.exn(ref)
        landing = unwind.find(self, tag)
        if self.throws is not None:
            self.throws.note(self.step, tag, unwind.values(self.store, ref),
                             None if landing is None else landing.position)
        if landing is None:
            self._end_throwing(ref)
            return
        stop_depth = self.ctx.get32(Ctx.STOP_DEPTH)
        self._unwound = landing.depth < self.depth and landing.depth <= stop_depth < 1 << 31
        depth = self.depth
        unwind.land(self, landing, ref, words)
        self.step += 1
        if self.trace is not None:
            self.trace.unwound(depth, landing.depth, self.step)
        self._unsettled = True

    def _trap_text(self) -> str:
        """Why native code trapped; of an indirect call, with the element's number."""
        text = TRAPS[self.ctx.get32(Ctx.TRAP)]
        if text not in ELEMENT_TRAPS:
            return text
        _, form, fields = self._word()
        return f"{text} {self._element(_by_name(form, fields))}"

    def _word(self) -> tuple[FuncInst, Form, tuple[int, ...]]:
        """The function, form and (translated) fields of the word at PC."""
        func, position = self.store.func_at(self.ctx[Ctx.PC])
        return func, self.form_at(func, position), self.threaded_fields_at(func, position)

    def _advance(self, form: Form) -> None:
        """The instruction at PC is done."""
        if self.taps.touched():
            self._tapped = StopReason.WATCHPOINT
        self.ctx[Ctx.PC] += form.size
        self.step += 1
        self._unsettled = True

    def get(self, slot: int, width: int = 4) -> int:
        """A slot of the innermost frame: its low 4 bytes, or all 8."""
        bits = self.stack.words[(self.ctx[Ctx.FP] - self.stack.address + slot) >> 3]
        return bits & 0xFFFFFFFF if width == 4 else bits

    def put(self, slot: int, bits: int) -> None:
        self.stack.words[(self.ctx[Ctx.FP] - self.stack.address + slot) >> 3] = bits

    def slots(self, slot: int, count: int) -> memoryview:
        """The words of `count` slots of the innermost frame."""
        first = (self.ctx[Ctx.FP] - self.stack.address + slot) >> 3
        return self.stack.words[first:first + count]

    def collect(self, needed: int) -> None:
        """Collect garbage: room is wanted for so many bytes. The word at PC is not done yet."""
        store = self.store
        stopped = [position for _, position in store.calling] + [self._stopped_at()]
        before = store.heap.region.size
        store.heap.collect(needed, lambda native, work: store.roots.mark(native, work, stopped))
        if self.collections is not None and before:
            self.collections.note(Collection(self.step, store.heap.control(HeapWord.LIVE), before,
                                             store.heap.region.size))
        for machine in [machine for machine, _ in store.calling] + [self]:
            machine.epoch = store.heap.epoch

    def _stopped_at(self) -> Stopped:
        """The addresses of the word at PC and of its frame, and the function's number."""
        pc = self.ctx[Ctx.PC]
        return pc, self.ctx[Ctx.FP], self.store.func_at(pc)[0].addr

    @property
    def instance(self) -> ModuleInst:
        """The instance of the innermost frame."""
        func, _ = self.store.func_at(self.ctx[Ctx.PC])
        assert func.instance is not None
        return func.instance

    def _serve_service(self) -> None:
        _, form, fields = self._word()
        if self.taps.throws(form, fields):
            self._tapped = StopReason.BREAKPOINT
            return
        SERVICES[form.name](self, *fields)
        self._advance(form)

    def _serve_call(self) -> None:
        """A call to a host function, or to one that is not lowered yet."""
        caller, form, fields = self._word()
        slot = fields[0]
        callee = self._callee(form, fields)
        if callee.instance is not None:
            self.store.thread(callee)
            self.taps.threaded()
            self._retry()
            return
        if self.taps.calls(callee, slot):
            self._tapped = StopReason.BREAKPOINT
            return
        pc, fp = self.ctx[Ctx.PC], self.ctx[Ctx.FP]
        first = (fp - self.stack.address + slot) >> 3
        args = read_values(self.stack.words, first, callee.type.params)
        self.store.pin(callee.type.params, args)
        if self.trace is not None:
            self.trace.host_called(callee, fp + slot, self.step + 1)
        self.nested += 1
        self.store.calling.append((self, self._stopped_at()))
        try:
            results, end = self.hosts.call(callee, caller.instance, self.step, args)
        finally:
            self.store.calling.pop()
            self.nested -= 1
        self.ctx[Ctx.PC], self.ctx[Ctx.FP] = pc, fp
        if end is not None:
            if end[0] == "throw":
                if self.trace is not None:
                    self.trace.unwound(self.depth + 1, self.depth, self.step + 1)
                raise Thrown("", int(end[1]))
            self._end_by_host(end[0], end[1])
            return
        write_values(self.stack.words, first, callee.type.results, results)
        if self.trace is not None:
            self.trace.host_returned(callee, fp + slot, self.step + 1)
        self._advance(form)

    def _callee(self, form: Form, fields: Sequence[int]) -> FuncInst:
        """The function that the call at PC calls."""
        operand = _by_name(form, fields)
        if "func" in operand:
            return self.store.funcs[operand["func"]]
        if "ref" in operand:
            ref = self.get(operand["ref"], 8)
        else:
            ref = self.store.tables[operand["table"]].get(self._element(operand))
        return self.store.funcs[ref >> REF_SHIFT]

    def _element(self, operand: Mapping[str, int]) -> int:
        """The index on the stack into the table that a word names."""
        is64 = self.store.tables[operand["table"]].declared.is64
        return self.get(operand["index"], 8 if is64 else 4)

    def _retry(self) -> None:
        """The word at PC executes again: whoever observed it is not to do so twice."""
        self.ctx[Ctx.RESUME_PC] = self.ctx[Ctx.PC]
        self.breaks.uncount(self.ctx[Ctx.PC])

    # -- ending ------------------------------------------------------------------------------

    def _finish(self) -> None:
        """The outermost frame returned; its results lie where its arguments were."""
        assert self.entry is not None
        fp = self.ctx[Ctx.FP] - self.stack.address
        results = read_values(self.stack.words, fp >> 3, self.entry.type.results)
        self.ended = Stop(StopReason.FINISHED, self.step, results=results)

    def _end_by_host(self, kind: str, value: int | str) -> None:
        if kind == "exit":
            self.ended = Stop(StopReason.EXIT, self.step, exit_code=int(value))
        elif kind == "throw":
            self._end_throwing(int(value))
        else:
            self._end_trapping(Trap(str(value)))

    def _end_trapping(self, trap: Trap) -> None:
        if not trap.frames:
            trap = Trap(trap.message, self.backtrace(), self.depth)
        self.ended = Stop(StopReason.TRAP, self.step, trap=trap)

    def _end_throwing(self, ref: int) -> None:
        self.store.heap.pin(ref)
        self.ended = Stop(StopReason.EXCEPTION, self.step, exception=self.uncaught(ref))

    # -- calling from Python -----------------------------------------------------------------

    def call(self, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Call a function to its end: slot bits in and out. Raises Trap, Thrown or Exit.

        Called from a host function it runs above the frames that are there already.
        """
        if self.journal is not None:
            raise GabagoolError(f"{func.name or func.funcidx}: a host function may not call back "
                                "while a recording is made")
        if not self.nested:
            self.hosts.state = self.hosts.refresh()
        if func.instance is None:
            return self._call_host(func, tuple(args))
        if self.nested:
            return self._call_nested(func, args)
        self.step = 0
        self.ctx.put32(Ctx.DEPTH, 0)
        return self._call_at(0, func, args)

    def _call_nested(self, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Call above the frames that are there, which are as they were afterwards."""
        fields = (Ctx.PC, Ctx.FP, Ctx.INST)
        halves = (Ctx.DEPTH, Ctx.STOP_DEPTH)
        saved = [self.ctx[f] for f in fields], [self.ctx.get32(f) for f in halves]
        entry = self.entry
        self.ctx.put32(Ctx.STOP_DEPTH, -1)
        try:
            return self._call_at(self._top(), func, args)
        finally:
            for field, value in zip(fields, saved[0], strict=True):
                self.ctx[field] = value
            for field, value in zip(halves, saved[1], strict=True):
                self.ctx.put32(field, value)
            self.entry, self.ended = entry, None

    def _call_at(self, fp: int, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Run a function to its end in a frame at stack offset `fp`; nothing stops it."""
        self.ended, self.entry = None, func
        self._push_entry(func, args, fp)
        while True:
            stop = self._run(_UNLIMITED, None)
            if stop.reason not in (StopReason.BREAKPOINT, StopReason.WATCHPOINT):
                return self._outcome(stop)
            self.ctx[Ctx.RESUME_PC] = self.ctx[Ctx.PC]

    def _top(self) -> int:
        """The stack offset above the innermost frame's largest extent."""
        func, _ = self.store.func_at(self.ctx[Ctx.PC])
        assert func.lowered is not None
        return self.ctx[Ctx.FP] - self.stack.address + func.lowered.frame

    def _outcome(self, stop: Stop) -> tuple[int, ...]:
        if stop.trap is not None:
            raise stop.trap
        if stop.exception is not None:
            raise stop.exception
        if stop.exit_code is not None:
            raise Exit(stop.exit_code)
        assert stop.results is not None
        return stop.results

    def _call_host(self, func: FuncInst, args: tuple[int, ...]) -> tuple[int, ...]:
        results, end = self.hosts.call(func, None, self.step, args)
        if end is not None:
            self._end_by_host(end[0], end[1])
            stop, self.ended = self.ended, None
            assert stop is not None
            return self._outcome(stop)
        return results

