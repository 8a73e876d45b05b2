"""The calls of a machine while it runs: counted for a profile, or logged (see `native.trace`)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gabagool.native.layout import (
    LOGGED_ARGS,
    LOGGED_RESULTS,
    CallEntry,
    Ctx,
    FuncCount,
    Header,
    Left,
    Trace,
    TraceFrame,
    TraceNode,
)
from gabagool.records import dataclass
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.region import Region
from gabagool.runtime.slots import read_values
from gabagool.types import V128, slots_of, slots_of_all

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

NODE_ROOM = 1 << 18
_NEVER = (1 << 64) - 1
_ENTRY = struct.Struct(f"<QQQQQ{LOGGED_ARGS}Q{LOGGED_RESULTS}Q")
_NODE = struct.Struct("<IIIIQQ")
_COUNT = struct.Struct("<QQQQQ")
_HOW = {Left.OPEN: "", Left.RETURN: "return", Left.TAIL: "tail", Left.THROW: "throw"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call, of the function at a store address; its steps are [first, last).

    `depth` is that of its frame, 1 for the function that was started. `args` and `results` are
    the bits of the values that were logged: the first ones. `left` is 'return', 'tail' (its frame
    was replaced by a tail call's), 'throw', or '' where it has not ended; then `last` is None.
    """

    func: int
    depth: int
    first: int
    last: int | None
    args: tuple[int, ...]
    results: tuple[int, ...]
    left: str


@dataclass(frozen=True, slots=True)
class Path:
    """A path of calls in a profile: its function (0 at the root), the number of the path before
    it, calls of it, and the steps executed in the function itself. A path comes after the one
    before it."""

    func: int
    parent: int
    calls: int
    steps: int


@dataclass(frozen=True, slots=True)
class FuncSteps:
    """What a function has done: `steps` in itself, `total` with all that it has called."""

    func: int
    calls: int
    steps: int
    total: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be traced: a profile, or the calls that lead to a depth or are of a function (by
    store address), of which number `skip` to `skip + room - 1` are logged."""

    profile: bool = False
    depth: int | None = None
    func: int = 0
    skip: int = 0
    room: int = 0


class CallTrace:
    """Traces a machine from where it stands until `close`."""

    def __init__(self, machine: Inspection, wanted: Wanted) -> None:
        self._machine = machine
        self._native = machine.store.native
        depth = machine.ctx.get32(Ctx.MAX_DEPTH) + 2
        self._frames = Region((depth + 1) * TraceFrame.SIZE)
        self._nodes = Region(NODE_ROOM * TraceNode.SIZE if wanted.profile else 1)
        self._counts = Region(len(machine.store.funcs) * FuncCount.SIZE if wanted.profile else 1)
        self._entries = Region(max(1, wanted.room) * CallEntry.SIZE)
        self._scratch = Region((LOGGED_ARGS + LOGGED_RESULTS) * 8)
        self._record = Region(Trace.SIZE)
        self._wanted = wanted
        for field, value in (
                (Trace.FRAMES, self._frames.address), (Trace.FUNCS, self._counts.address),
                (Trace.NODES, self._nodes.address if wanted.profile else 0),
                (Trace.NODE_COUNT, 1), (Trace.NODE_ROOM, NODE_ROOM), (Trace.LAST, machine.step),
                (Trace.DEPTH, _NEVER), (Trace.ENTRIES, self._entries.address)):
            self._record.put_u64(field, value)
        machine.ctx[Ctx.TRACE] = self._record.address
        self._enter_frames()
        self._record.put_u64(Trace.DEPTH, _NEVER if wanted.depth is None else wanted.depth)
        self._record.put_u64(Trace.FUNC, wanted.func)
        self._record.put_u64(Trace.SKIP, wanted.skip)
        self._record.put_u64(Trace.ROOM, wanted.room)
        machine.trace = self
        machine.breaks.trace(True)

    def close(self) -> None:
        """Trace no more."""
        machine = self._machine
        machine.trace = None
        machine.breaks.trace(False)

    def _enter_frames(self) -> None:
        """The frames that are there already have been called before, so that doesn't count; but
        step 0 begins with the call of the first."""
        frames = list(self._on_stack())
        for depth, func in enumerate(reversed(frames), 1):
            self._native.called(self._machine.ctx.address, func.addr, self._scratch.address, 0,
                                self._machine.step, depth)
            if self._wanted.profile and self._machine.step:
                at = func.addr * FuncCount.SIZE + FuncCount.CALLS
                self._counts.put_u64(at, 0)
        if self._wanted.profile and self._machine.step:
            for node in range(self._record.u64(Trace.NODE_COUNT)):
                self._nodes.put_u64(node * TraceNode.SIZE + TraceNode.CALLS, 0)
        self._record.put_u64(Trace.LOST, 0)

    def _on_stack(self) -> Iterator[FuncInst]:
        """The functions of the frames, innermost first."""
        machine = self._machine
        func, _ = machine.store.func_at(machine.ctx[Ctx.PC])
        fp = machine.ctx[Ctx.FP] - machine.stack.address
        while func.addr:
            yield func
            assert func.lowered is not None
            header = fp + func.lowered.header
            func = machine.store.funcs[machine.stack.u32(header + Header.CALLER)]
            fp -= machine.stack.u32(header + Header.DELTA)

    # -- what Python does --------------------------------------------------------------------

    def host_called(self, func: FuncInst, frame: int, step: int) -> None:
        """A host function is called with its arguments at the address `frame`; `step` is the one
        after the call."""
        ctx = self._machine.ctx
        self._native.called(ctx.address, func.addr, frame, 8 * slots_of_all(func.type.params),
                            step, ctx.get32(Ctx.DEPTH) + 1)

    def host_returned(self, func: FuncInst, frame: int, step: int) -> None:
        ctx = self._machine.ctx
        self._native.returned(ctx.address, frame, slots_of_all(func.type.results), step,
                              ctx.get32(Ctx.DEPTH) + 1, Left.RETURN)

    def unwound(self, before: int, after: int, step: int) -> None:
        """An exception has led from one depth to another (or the same)."""
        for depth in range(before, after, -1):
            self._native.returned(self._machine.ctx.address, self._scratch.address, 0, step, depth,
                                  Left.THROW)

    # -- looking -----------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Calls so far of those that are to be logged."""
        return self._record.u64(Trace.COUNT)

    @property
    def open(self) -> int:
        """How many of those that were logged have not returned."""
        return self._record.u64(Trace.OPEN)

    @property
    def full(self) -> bool:
        """Whether all calls that are wanted have been logged."""
        return self.count >= self._wanted.skip + self._wanted.room

    def calls(self) -> list[Call]:
        """The calls that were logged, in the order in which they were made."""
        count = max(0, min(self.count - self._wanted.skip, self._wanted.room))
        return [self._call(_ENTRY.unpack_from(self._entries.view, i * CallEntry.SIZE))
                for i in range(count)]

    def _call(self, entry: tuple[int, ...]) -> Call:
        addr, depth, first, last, left, *slots = entry
        functype = self._machine.store.funcs[addr].type
        how = _HOW[Left(left)]
        args = _values(functype.params, slots[:LOGGED_ARGS])
        results = _values(functype.results, slots[LOGGED_ARGS:]) if how == "return" else ()
        return Call(addr, depth, first, last if how else None, args, results, how)

    def lost(self) -> int:
        """Calls whose paths are not among those of the profile: there were too many."""
        return self._record.u64(Trace.LOST)

    def profile(self) -> tuple[list[Path], list[FuncSteps]]:
        """The profile up to now: paths, and functions that did something, by store address."""
        step = self._machine.step
        self._charge(step)
        nodes = [_NODE.unpack_from(self._nodes.view, i * TraceNode.SIZE)
                 for i in range(self._record.u64(Trace.NODE_COUNT))]
        paths = [Path(node[0], node[1], node[4], node[5]) for node in nodes]
        funcs = []
        for addr in range(len(self._machine.store.funcs)):
            calls, steps, total, active, since = _COUNT.unpack_from(
                self._counts.view, addr * FuncCount.SIZE)
            total += step - since if active else 0
            if calls or total:
                funcs.append(FuncSteps(addr, calls, steps, total))
        return paths, funcs

    def _charge(self, step: int) -> None:
        """The steps since the last event are the innermost frame's."""
        steps = step - self._record.u64(Trace.LAST)
        self._record.put_u64(Trace.LAST, step)
        frame = self._machine.ctx.get32(Ctx.DEPTH) * TraceFrame.SIZE
        node = self._frames.u64(frame + TraceFrame.NODE) * TraceNode.SIZE + TraceNode.STEPS
        count = self._frames.u64(frame + TraceFrame.FUNC) * FuncCount.SIZE + FuncCount.STEPS
        self._nodes.put_u64(node, self._nodes.u64(node) + steps)
        self._counts.put_u64(count, self._counts.u64(count) + steps)


def _values(types: tuple[int, ...], slots: list[int]) -> tuple[int, ...]:
    """As many values as lie in the slots that were logged."""
    count = used = 0
    for t in types:
        used += slots_of(t)
        if used > len(slots):
            break
        count += 1
    if V128 not in types:
        return tuple(slots[:count])
    words = memoryview(bytearray(b"".join(s.to_bytes(8, "little") for s in slots))).cast("Q")
    return read_values(words, 0, types[:count])
