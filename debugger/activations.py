"""One activation of a function: from the call that made its frame to the return that ends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from debugger.exchange import CommandError
from debugger.run import Run
from gabagool import StopReason
from gabagool.history.player import replay_stopping
from gabagool.history.recorder import Recorder
from gabagool.history.search import CallScan, Either, TapScan
from gabagool.isa.control import TAIL_CALLS
from gabagool.native.nodes import Binary, Const, Depth
from gabagool.runtime.tapping import Forms, TapSpec
from gabagool.types import I32


@dataclass(slots=True)
class Activation:
    """It is there at the boundaries of the steps [first, last); `last` None: not ended so far.

    `depth` is its place on the stack, 1 the outermost. `known` is how far it was followed.
    """

    depth: int
    first: int
    last: int | None = None
    known: int = 0
    _recorder: Recorder | None = field(default=None, repr=False)

    def holds(self, step: int) -> bool:
        """Whether it is there at a step, as far as is known."""
        return self.first <= step and (self.last is None or step < self.last)

    def moved(self, recorder: Recorder, shared: int) -> bool:
        """Whether it is also there in a recording that is the same up to the step `shared`.

        Then it is that recording's from now on.
        """
        if self.first >= shared:
            return False
        if self.last is not None and self.last > shared:
            self.last = None
        self.known, self._recorder = min(self.known, shared), recorder
        return True

    def follow(self, run: Run) -> None:
        """Find out whether it ends in what has been recorded since."""
        recorder = self._recorder
        if self.last is not None or recorder is None or self.known >= recorder.total:
            return
        if recorder.machine.journal is not recorder.journal:
            return      # of a branch that is not the current one
        with recorder.excursion():
            if not recorder.seek(self.known, run.cancel):
                raise CommandError("stopped")
            machine = recorder.machine
            tail = TapSpec(Forms(frozenset(TAIL_CALLS)), check=_at_depth(self.depth),
                           stop=True, after=self.known - 1)
            machine.taps.arm([tail])
            try:
                stop = replay_stopping(machine, recorder.total, None, run.cancel, run.report,
                                       self.depth - 1)
            finally:
                machine.taps.disarm()
            if stop.reason is StopReason.CANCELLED:
                raise CommandError("stopped")
            if stop.reason in (StopReason.DEPTH, StopReason.BREAKPOINT):
                self.last = machine.step + (stop.reason is StopReason.BREAKPOINT)
            self.known = machine.step


def _at_depth(depth: int) -> Binary:
    return Binary(I32, "==", Depth(), Const(I32, depth))


def activation(recorder: Recorder, level: int, run: Run) -> Activation:
    """The activation of the frame `level` up at the cursor; CommandError if cancelled."""
    here, depth = recorder.machine.step, recorder.machine.depth - level
    first = recorder.origin
    scans = [TapScan([TapSpec(Forms(frozenset(TAIL_CALLS)), check=_at_depth(depth))])]
    made = recorder.search_back(here, Either(*scans, CallScan(depth - 1)), None, run.cancel,
                                run.report)
    if run.cancelled:
        raise CommandError("stopped")
    found = Activation(depth, first if made is None else made + 1, None, here, recorder)
    found.follow(run)
    return found
