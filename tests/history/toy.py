"""A machine that is quick to skip through: it does something on every 4096th step only.

Deterministic but for its host calls, whose results come from `outside`. It has all that
`history.protocol.Machine` asks for.
"""

from __future__ import annotations

from types import SimpleNamespace

from gabagool.errors import SnapshotError, Trap
from gabagool.runtime.journal import Entry
from gabagool.runtime.pages import PAGE, Pages
from gabagool.runtime.state import Control, Snapshot
from gabagool.runtime.stops import Position, Stop, StopReason

EVENT = 4096
MASK = (1 << 64) - 1


class Toy:
    """`end` is the step that traps; `outside` gives each live host call its result."""

    def __init__(self, outside=(), size=64 * 1024, end=None, host_every=50):
        self.journal = self.throws = self.collections = None
        self.step = 0
        self.ended = None
        self.peak_depth = self.depth = 1
        self.last_probe_step = self.last_call_step = None
        self.live_calls = 0
        self.executed = 0
        self.marked = None
        self.probes, self.breaks = set(), SimpleNamespace(breaks=set())
        self._outside, self._end, self._host_every = iter(outside), end, host_every
        self._x = 1
        self._memory = Pages.from_bytes(bytes(size))
        self._dirty = {}

    @property
    def position(self):
        event, rest = divmod(self.step, EVENT)
        return Position(0, 0, event % 8 if not rest else 8)

    def run(self, until, cancel=None, breaks=True, max_depth=None):
        first = True
        while not self.ended:
            if self.step >= until:
                return Stop(StopReason.FUEL, self.step)
            if cancel is not None and cancel.is_set():
                return Stop(StopReason.CANCELLED, self.step)
            if breaks and not first and self.position in self.breaks.breaks:
                return Stop(StopReason.BREAKPOINT, self.step)
            first = False
            if self.step == self._end:
                self.ended = Stop(StopReason.TRAP, self.step, trap=Trap("unreachable"))
                break
            if self.position.offset == 8:
                limit = min(until, (self.step // EVENT + 1) * EVENT)
                if self._end is not None and self.step < self._end:
                    limit = min(limit, self._end)
                self.executed += limit - self.step
                self.step = limit
            elif self._event() and max_depth is not None and self.depth <= max_depth:
                return Stop(StopReason.DEPTH, self.step)
        return self.ended

    def _event(self):
        """Execute the instruction at a multiple of EVENT; returns whether it was a return."""
        if self.position in self.probes:
            self.last_probe_step = self.step
        number = self.step // EVENT
        returned = False
        if number % self._host_every == self._host_every - 1:
            self._x = (self._x * 31 + self._host_call()) & MASK
        self._x = (self._x * 6364136223846793005 + number) & MASK
        if self._x >> 62 == 0:
            if self.marked is not None and self.depth <= self.marked:
                self.last_call_step = self.step
            self.depth += 1
            self.peak_depth = max(self.peak_depth, self.depth)
        elif self._x >> 62 == 1 and self.depth > 1:
            self.depth -= 1
            returned = True
        self._write()
        self.step += 1
        self.executed += 1
        return returned

    def _host_call(self):
        if self.journal is not None and not self.journal.live:
            return self.journal.replay(self.step, "toy.ask", (self._x,)).results[0]
        self.live_calls += 1
        result = next(self._outside)
        if isinstance(result, Exception):
            raise result
        if self.journal is not None:
            self.journal.append(Entry(self.step, "toy.ask", (self._x,), (result,),
                                      output=((1, b"%d\n" % result),)))
        return result

    def _write(self):
        index = (self._x >> 20) % len(self._memory.pages)
        page = bytearray(self._dirty.get(index, self._memory.pages[index]))
        at = self._x % (PAGE - 8)
        page[at:at + 8] = self._x.to_bytes(8, "little")
        self._dirty[index] = bytes(page)

    def capture(self):
        self._memory = self._memory.replaced(self._dirty.items())
        self._dirty = {}
        outcome = ("trap", "unreachable") if self.ended else ()
        small = b"".join(n.to_bytes(8, "little") for n in (self._x, self.depth))
        control = Control(1, self.position.offset, 0, 0, self.depth, 0, (), outcome)
        return Snapshot(self.step, {"stack": Pages.from_bytes(small), "memory 0": self._memory},
                        control, b"", self.journal.position if self.journal else 0)

    def restore(self, snapshot):
        small = snapshot.regions["stack"].to_bytes()
        if len(small) != 16:
            raise SnapshotError("not a toy's stack")
        self._x, self.depth = (int.from_bytes(small[i:i + 8], "little") for i in (0, 8))
        self._memory, self._dirty = snapshot.regions["memory 0"], {}
        self.step = snapshot.step
        self.ended = (Stop(StopReason.TRAP, self.step, trap=Trap("unreachable"))
                      if snapshot.control.outcome else None)
        if self.journal is not None:
            self.journal.position = snapshot.journal

    def reset_peak(self):
        self.peak_depth = self.depth

    def set_probes(self, positions):
        self.probes, self.last_probe_step = set(positions), None

    def mark_calls(self, depth):
        self.marked, self.last_call_step = depth, None

    def throw_text(self, throw):
        return str(throw)
