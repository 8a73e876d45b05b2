"""Looking at a stopped machine: exceptions, references, breakpoints, native notes, snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from gabagool.errors import Thrown
from gabagool.native.layout import Ctx
from gabagool.rectypes import closed
from gabagool.runtime import edits, unwind
from gabagool.runtime.breaks import Breaks
from gabagool.runtime.capture import Capturing
from gabagool.runtime.edits import Edit
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.forks import Forks
from gabagool.runtime.host import HostCalls
from gabagool.runtime.journal import Journal
from gabagool.runtime.objects import WINDOW, ObjectView
from gabagool.runtime.standing import Standing
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Position, Stop
from gabagool.runtime.taps import Taps
from gabagool.runtime.throws import Throw, Throws
from gabagool.types import ValType

if TYPE_CHECKING:
    from gabagool.runtime.tracing import CallTrace, Wanted


class Inspection(Standing):
    """The part of a machine that only looks (and captures and restores)."""

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
        from gabagool.runtime.tracing import CallTrace  # only who traces waits for it

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
        from gabagool.runtime.portable import exported  # only who saves or resumes waits for it

        return exported(self, snapshot)

    def checked(self, snapshot: Snapshot) -> Snapshot:
        """The inverse of `portable`; SnapshotError unless everything in it fits."""
        return self._imported(snapshot)[0]

    def restore_checked(self, snapshot: Snapshot) -> None:
        """Go to an exported snapshot of unknown origin.

        Raises SnapshotError, leaving the machine as it was, unless everything in it fits.
        """
        checked, entry = self._imported(snapshot)
        self.restore(checked)
        self.entry = entry

    def _imported(self, snapshot: Snapshot) -> tuple[Snapshot, FuncInst | None]:
        from gabagool.runtime.portable import imported

        return imported(self, snapshot)
