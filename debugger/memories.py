"""The part of a session that searches memory, now and over the recording, and compares it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

from debugger.branching import Branching
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.heating import line_of
from debugger.literals import SIZES, is_quoted, quoted, type_name, value_bytes
from debugger.navigator import Navigator
from debugger.panels import Panels
from debugger.regions import regions
from debugger.run import Run
from debugger.steps import grouped
from gabagool.history.differences import Difference, differences
from gabagool.history.finding import LONGEST, appearance, occurrences
from gabagool.history.heat import heat

_HEX = re.compile(r"(?:hex\s+)?([0-9a-f]{2}(?:\s+[0-9a-f]{2})+)|hex\s+((?:[0-9a-f]{2}\s*)+)", re.I)
_LINE = 64              # bytes of a line of the heat map at least, and how many lines at most
_LINES = 16_384
_CAST = re.compile(r"\{\s*(?P<type>[^}]+?)\s*\}\s*(?P<value>.+)", re.S)
_TYPED = re.compile(r"(?P<type>[iuf]\d+|v128)\s+(?P<value>.+)", re.S)
FORMS = '"text", i32 5, {double}1.5 or bytes such as de ad be ef'


@dataclass(frozen=True, slots=True)
class Found:
    """Where bytes lie in a memory at the cursor, addresses rising."""

    memory: int
    pattern: bytes
    addresses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """Writes to each `line` bytes of a memory in the steps [first, last), and reads of them."""

    memory: int
    first: int
    last: int
    line: int
    writes: Sequence[int]
    reads: Sequence[int]


class Memories(Branching):
    """What memory holds and held."""

    def pattern(self, text: str) -> bytes:
        """The bytes meant by `"text"`, `i32 5`, `{int}5`, `5` (an i32) or `de ad be ef`."""
        with self._turn() as (_, panels):
            text = text.strip()
            if not text:
                raise CommandError(f"what is to be found is missing: {FORMS}")
            if is_quoted(text):
                data = quoted(text)
            elif match := _HEX.fullmatch(text):
                data = bytes.fromhex(match[1] or match[2])
            else:
                match = _CAST.fullmatch(text) or _TYPED.fullmatch(text)
                kind = type_name(match["type"]) if match else "i32"
                value = match["value"] if match else text
                data = self._value(panels, "u32" if kind == "i32" and not match and
                                   value.lower().startswith("0x") else kind, value)
            if not 0 < len(data) <= LONGEST:
                raise CommandError(f"{len(data)} bytes can't be searched for: 1 to {LONGEST} can")
            return data

    def _value(self, panels: Panels, kind: str, text: str) -> bytes:
        assert kind in SIZES
        state = panels.state.state(self.frame, compare=False)
        try:
            return value_bytes(kind, text, state, panels.read_memory)
        except CommandError as error:
            raise CommandError(f"{error}; what can be found: {FORMS}") from None

    def _checked_memory(self, nav: Navigator, memory: int) -> None:
        count = len(nav.machine.store.memories)
        if not 0 <= memory < count:
            raise CommandError(f"there is no memory {memory}" if count else
                               "the program has no memory")

    def find(self, text: str, memory: int = 0) -> Found:
        """Where the bytes are in memory at the cursor."""
        with self._turn() as (nav, _):
            self._checked_memory(nav, memory)
            data = self.pattern(text)
            return Found(memory, data, tuple(occurrences(nav.machine.store, memory, data)))

    def find_first(self, text: str, memory: int = 0, *, after: bool = False,
                   cancel: Event | None = None,
                   progress: OnProgress | None = None) -> tuple[Arrival, int | None]:
        """To the first step at which the bytes are in memory, and where they are then (None if
        they never are). With `after`, to where they are next completed beyond the cursor.

        Every write of the recording is looked at, so that nothing is missed that is there for a
        moment only. The cursor stands behind the instruction that has completed them.
        """
        with self._turn() as (nav, _):
            self._checked_memory(nav, memory)
            data = self.pattern(text)
            address: int | None = None
            message = ""

            def motion(nav: Navigator, run: Run) -> str:
                nonlocal address, message
                first = nav.cursor if after else 0
                found = appearance(nav.recorder, nav.machine.store, memory, data, first,
                                   not after, run.cancel, run.report)
                if found is None:
                    message = f"not in memory up to step {grouped(nav.recorder.total)}"
                    return "cancelled" if run.cancelled else "absent"
                address = found.address
                how = "completed by the step before" if found.written else (
                    "there from the beginning" if found.step == 0 else "there by an edit")
                message = f"at 0x{address:x} from step {grouped(found.step)} on, {how}"
                return nav.to_step(found.step, run)

            arrival = self._move("find", motion, cancel, progress)
            if message and arrival.reason != "cancelled":
                self.last = arrival = Arrival(arrival.step, arrival.reason, message)
            return arrival, address

    def heat(self, first: int, last: int, memory: int = 0, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Heat:
        """How often each line of a memory was written and read in the steps [first, last)."""
        with self._turn() as (nav, _):
            self._checked_memory(nav, memory)
            if not 0 <= first < last:
                raise CommandError("heat needs a stretch: heat 1000 2000, heat 'a 'b, or none for "
                                   "the whole recording")
            line = line_of(nav.recorder.memory_size(memory), _LINE, _LINES)
            with self._asking("count accesses", cancel, progress) as run:
                found = heat(nav.recorder, memory, first, last, line, run.cancel, run.report)
            if found is None:
                raise CommandError("stopped: the accesses are not all counted")
            return Heat(memory, first, min(last, nav.recorder.total), line, found.writes,
                        found.reads)

    def regions(self) -> tuple[tuple[str, int, int], ...]:
        """Parts of memory 0 that exports of compiled programs tell: (name, start, end)."""
        with self._turn() as (nav, panels):
            sizes = panels.memory_sizes()
            return regions(nav.machine.store, sizes[0]) if sizes else ()

    def diff(self, first: int, second: int | None = None, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> list[Difference]:
        """What of memory differs between two steps (the second is the cursor's by default).

        Against the cursor it also stands out in the memory pane, until the cursor moves.
        """
        with self._turn() as (nav, panels):
            recorder = nav.recorder
            steps = [first, nav.cursor if second is None else second]
            if max(steps) > recorder.total:
                raise CommandError(f"step {grouped(max(steps))} is not recorded yet")
            looks = []
            with self._asking("diff", cancel, progress) as run, recorder.excursion():
                for step in steps:
                    if not recorder.seek(step, run.cancel, run.report):
                        raise CommandError("stopped")
                    looks.append(nav.machine.capture())
            if steps[1] == nav.cursor:
                panels.state.changes.against(looks[0], nav.cursor, nav.machine)
            return differences(looks[0], looks[1])
