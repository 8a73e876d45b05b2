"""What native code leaves for Python: calls of hosts, services, throws, and how a run ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gabagool.errors import Thrown, Trap
from gabagool.isa.row import Form
from gabagool.native.layout import ELEMENT_TRAPS, REF_SHIFT, TRAPS, Ctx, HeapWord, Reason
from gabagool.runtime import unwind
from gabagool.runtime.collected import Collection, Collections
from gabagool.runtime.entities import FuncInst, ModuleInst
from gabagool.runtime.inspect import Inspection
from gabagool.runtime.roots import Stopped
from gabagool.runtime.services import SERVICES
from gabagool.runtime.slots import read_values, write_values
from gabagool.runtime.stops import Stop, StopReason


def _by_name(form: Form, fields: Sequence[int]) -> dict[str, int]:
    return dict(zip((name for name, _ in form.fields), fields, strict=True))


class Serving(Inspection):
    """The part of a machine that does what native code came back for."""

    collections: Collections | None
    _unsettled: bool = False         # the position may be at a word that is no step
    _tapped: StopReason | None = None      # a tap wants to stop
    _unwound: bool = False     # to the depth at which the run is to stop

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
        pinned = self.store.pin(callee.type.params, args)
        if self.trace is not None:
            self.trace.host_called(callee, fp + slot, self.step + 1)
        self.nested += 1
        self.store.calling.append((self, self._stopped_at()))
        try:
            results, end = self.hosts.call(callee, caller.instance, self.step, args, pinned)
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
