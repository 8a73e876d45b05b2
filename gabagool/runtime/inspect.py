"""Looking at a stopped machine: position, frames, locals, operands, native notes, snapshots."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gabagool.errors import FrameInfo, Thrown
from gabagool.isa import FORMS
from gabagool.isa.row import Form
from gabagool.native.layout import Ctx, Header
from gabagool.rectypes import closed
from gabagool.runtime import edits, portable, unwind
from gabagool.runtime.breaks import Breaks
from gabagool.runtime.capture import Capturing
from gabagool.runtime.control import ControlBlock
from gabagool.runtime.edits import Edit
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.forks import Forks
from gabagool.runtime.host import HostCalls
from gabagool.runtime.journal import Journal
from gabagool.runtime.objects import WINDOW, ObjectView
from gabagool.runtime.region import Region
from gabagool.runtime.slots import read_values
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Frame, Position, Stop
from gabagool.runtime.store import Store
from gabagool.runtime.taps import Taps
from gabagool.runtime.throws import Throw, Throws
from gabagool.runtime.tracing import CallTrace, Wanted
from gabagool.types import ValType, slots_of, slots_of_all

_RETURN = struct.Struct("<III")      # Header.RETURN, CALLER and DELTA
_Place = tuple[FuncInst, int, int]   # a frame's function, the position in it, its stack offset
_FIELDS = [struct.Struct("<" + form.format[2:]) for form in FORMS]


class Inspection:
    """The part of a machine that only looks (and captures and restores)."""

    store: Store
    stack: Region
    ctx: ControlBlock
    breaks: Breaks
    hosts: HostCalls
    journal: Journal | None
    throws: Throws | None
    step: int
    ended: Stop | None
    entry: FuncInst | None
    nested: int                      # calls from host functions back into wasm under way
    epoch: int                       # the heap's, as of which references on the stack hold
    _probe_step: int | None = None
    _call_step: int | None = None
    taps: Taps
    trace: CallTrace | None = None
    _capturing: Capturing | None = None
    _forks: Forks | None = None
    _walked: list[_Place] | None = None      # the innermost frames at this boundary
    _above = False                           # whether there are more

    @property
    def position(self) -> Position | None:
        """The instruction that executes next; None before the start and after the finish."""
        func, at = self.store.func_at(self.ctx[Ctx.PC])
        if func.instance is None or func.lowered is None:
            return None
        return Position(func.instance.index, func.funcidx, func.lowered.offset_at(at))

    @property
    def depth(self) -> int:
        """Frames on the stack; 1 in the function that was started."""
        return self.ctx.get32(Ctx.DEPTH)

    # -- code and frames ---------------------------------------------------------------------

    def go_to(self, func: FuncInst, position: int, fp: int) -> None:
        """Point the control block at a word of a function and a frame."""
        self._walked = None
        self.ctx[Ctx.PC] = func.base + position
        self.ctx[Ctx.FP] = self.stack.address + fp
        self.ctx[Ctx.INST] = self.store.record_of(func)

    def form_at(self, func: FuncInst, position: int) -> Form:
        assert func.lowered is not None
        return FORMS[func.lowered.form_number(position)]

    def fields_at(self, func: FuncInst, position: int) -> tuple[int, ...]:
        """The fields of a word as lowered: with the module's own indices."""
        assert func.lowered is not None
        number = func.lowered.form_number(position)
        return _FIELDS[number].unpack_from(func.lowered.code, position + 8)

    def threaded_fields_at(self, func: FuncInst, position: int) -> tuple[int, ...]:
        """The fields of a word as threaded: with store addresses."""
        assert func.lowered is not None
        number = func.lowered.form_number(position)
        at = func.base + position - self.store.arena.address
        return _FIELDS[number].unpack_from(self.store.arena.view, at + 8)

    def backtrace(self, limit: int = 20) -> tuple[FrameInfo, ...]:
        return tuple(
            FrameInfo(f.instance, f.funcidx,
                      self.store.instances[f.instance].compiled.func_name(f.funcidx), f.offset)
            for f in self.frames(limit))

    def uncaught(self, ref: int) -> Thrown:
        """The error that says that nothing caught an exception thrown at the position."""
        return Thrown(f"uncaught exception {self.exception_text(ref)}", ref, self.backtrace(),
                      self.depth)

    def exception_text(self, ref: int) -> str:
        """An exception by its reference bits, as people read it."""
        tag, _ = self.store.exn(ref)
        return unwind.text(self.store.tags[tag], unwind.values(self.store, ref))

    def throw_text(self, throw: Throw) -> str:
        """What was thrown and where it was caught, as people read it."""
        text = unwind.text(self.store.tags[throw.tag], throw.values)
        if throw.caught is None:
            return f"{text} not caught"
        compiled = self.store.instances[throw.caught.instance].compiled
        name = compiled.func_name(throw.caught.funcidx) or f"func[{throw.caught.funcidx}]"
        return f"{text} caught in {name} at 0x{throw.caught.offset:x}"

    def frames(self, limit: int | None = None, start: int = 0) -> list[Frame]:
        """Frames innermost first, at most `limit`, from the one `start` levels up on."""
        places = self._places(None if limit is None else start + limit)[start:]
        return [self._frame(place, called=level > 0) for level, place in enumerate(places, start)]

    def frame(self, level: int) -> Frame | None:
        """The frame `level` up, None if there are not so many."""
        return next(iter(self.frames(1, level)), None)

    def _places(self, count: int | None) -> Sequence[_Place]:
        """Where the innermost `count` frames stand. Each step up is made once at a boundary."""
        if self._walked is None:
            func, at = self.store.func_at(self.ctx[Ctx.PC])
            fp = self.ctx[Ctx.FP] - self.stack.address
            self._walked = [(func, at, fp)] if func.addr else []
            self._above = bool(func.addr)
        walked, funcs, view = self._walked, self.store.funcs, self.stack.view
        while self._above and (count is None or len(walked) < count):
            func, at, fp = walked[-1]
            assert func.lowered is not None
            at, caller, delta = _RETURN.unpack_from(view, fp + func.lowered.header)
            self._above = bool(caller)
            if caller:
                walked.append((funcs[caller], at, fp - delta))
        return walked if count is None else walked[:count]

    def _frame(self, place: _Place, called: bool) -> Frame:
        func, at, fp = place
        assert func.instance is not None and func.lowered is not None
        offset = func.lowered.offset_at(at - 1 if called else at)
        height = slots_of_all(self.operand_types(func, offset))
        if called:
            typeidxs = func.instance.compiled.module.func_typeidxs
            height -= self.call_operands(func, offset, typeidxs)
        return Frame(func.instance.index, func.funcidx, offset, fp, height, func.addr)

    def operand_types(self, func: FuncInst, offset: int) -> tuple[ValType, ...]:
        assert func.instance is not None
        return func.instance.compiled.operands(func.funcidx, offset)

    def call_operands(self, func: FuncInst, offset: int,
                      typeidxs: tuple[int, ...]) -> int:
        """Slots of the operands that the call at `offset` has handed to its callee."""
        assert func.lowered is not None and func.instance is not None
        at = func.lowered.position_at(offset)
        assert at is not None
        form = self.form_at(func, at)
        fields = self.fields_at(func, at)
        direct = form.name == "call"
        functype = func.instance.compiled.module.functype_at(
            typeidxs[fields[1]] if direct else fields[1])
        assert functype is not None
        return slots_of_all(functype.params) + (not direct)

    def locals(self, level: int = 0) -> list[tuple[ValType, int]]:
        """(type, bits) of the locals of the frame `level` up, parameters first."""
        frame = self.frames(1, level)[0]
        lowered = self.store.funcs[frame.funcaddr].lowered
        assert lowered is not None
        return self._values(lowered.locals, frame.fp)

    def operands(self, level: int = 0) -> list[tuple[ValType, int]]:
        """(type, bits) of the operand stack of the frame `level` up, bottom first."""
        frame = self.frames(1, level)[0]
        func = self.store.funcs[frame.funcaddr]
        assert func.lowered is not None
        types, slots = [], 0
        for t in self.operand_types(func, frame.offset):
            slots += slots_of(t)
            if slots > frame.height:
                break
            types.append(t)
        return self._values(types, frame.fp + func.lowered.header + Header.SIZE)

    def _values(self, types: Sequence[ValType], at: int) -> list[tuple[ValType, int]]:
        return list(zip(types, read_values(self.stack.words, at >> 3, types), strict=True))

    def view(self, instance: int, t: ValType, bits: int, start: int = 0, count: int = WINDOW,
             snapshot: Snapshot | None = None) -> ObjectView:
        """What a reference in an instance's frame, of its module's type `t`, refers to now, or did
        when a snapshot was captured; at most `count` fields or elements from `start` on."""
        own = closed(t, self.store.instances[instance].types)
        heap = None if snapshot is None else snapshot.regions["heap"]
        return self.store.objects.view(bits, own, start, count, heap)

    # -- breakpoints and native notes --------------------------------------------------------

    def set_break(self, position: Position) -> None:
        """Stop before this instruction; GabagoolError if none executes there."""
        self.breaks.set_break(position)

    def clear_break(self, position: Position) -> None:
        self.breaks.clear_break(position)

    def set_probes(self, positions: Iterable[Position]) -> None:
        """Count the executions of exactly these instructions from now on, at native speed."""
        self.breaks.set_probes(positions)
        self._probe_step = None

    def probe_count(self, position: Position) -> int:
        return self.breaks.probe_count(position)

    @property
    def last_probe_step(self) -> int | None:
        """The step at which a probed instruction last executed since `set_probes`."""
        return self._probe_step

    def trace_calls(self, wanted: Wanted) -> CallTrace:
        """Count or log calls from here on, until the trace is closed."""
        return CallTrace(self, wanted)

    def mark_calls(self, depth: int | None) -> None:
        """Note from now on the last call made while the depth is at most `depth`."""
        self.ctx.put32(Ctx.MARK_DEPTH, -1 if depth is None else depth)
        self._call_step = None

    @property
    def last_call_step(self) -> int | None:
        """The step of the last call that `mark_calls` asked for."""
        return self._call_step

    @property
    def peak_depth(self) -> int:
        """The greatest depth since `reset_peak`."""
        return self.ctx.get32(Ctx.PEAK_DEPTH)

    def reset_peak(self) -> None:
        self.ctx.put32(Ctx.PEAK_DEPTH, self.depth)

    def edit(self, edit: Edit) -> None:
        """Change the state at this boundary. Only what stands in the journal is ever redone.

        GabagoolError if a change can't be made; those before it have been, then.
        """
        edits.apply(self, edit)

    # -- snapshots ---------------------------------------------------------------------------

    def captures(self) -> Capturing:
        if self._capturing is None:
            self._capturing = Capturing(self)
        return self._capturing

    def enter(self) -> None:
        """Make the store's memories, tables and globals this machine's, if it has forks."""
        if self._forks is not None:
            self._forks.enter(self)

    def capture(self) -> Snapshot:
        """The whole state at this boundary; pages unchanged since the last are shared."""
        self.enter()
        return self.captures().capture()

    def restore(self, snapshot: Snapshot) -> None:
        """Go to the boundary of a snapshot that this machine (or its like) captured."""
        self.enter()
        self.captures().restore(snapshot)

    def exported(self, copy: bool = True) -> Snapshot:
        """The state at this boundary, as other processes and engine versions understand it, with
        what hosts need to know outside resources again.

        Without `copy` its pages are the machine's own, good until it runs on.
        """
        self.enter()
        captures = self.captures()
        found = self.portable(captures.capture() if copy else captures.look())
        return replace(found, host=self.hosts.sealed())

    def portable(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot that this machine captured, as other processes understand it."""
        return portable.exported(self, snapshot)

    def checked(self, snapshot: Snapshot) -> Snapshot:
        """The inverse of `portable`; SnapshotError unless everything in it fits."""
        return portable.imported(self, snapshot)[0]

    def restore_checked(self, snapshot: Snapshot) -> None:
        """Go to an exported snapshot of unknown origin.

        Raises SnapshotError, leaving the machine as it was, unless everything in it fits.
        """
        checked, entry = portable.imported(self, snapshot)
        self.restore(checked)
        self.entry = entry
