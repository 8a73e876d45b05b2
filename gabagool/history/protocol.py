"""The part of `runtime.machine.Machine` that history needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from threading import Event
from typing import Protocol

from gabagool.runtime.armed import Armed
from gabagool.runtime.collected import Collections
from gabagool.runtime.edits import Edit
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.journal import Journal
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Position, Stop
from gabagool.runtime.tapping import Hit, TapSpec
from gabagool.runtime.throws import Throw, Throws
from gabagool.runtime.tracing import CallTrace, Wanted


class Breaks(Protocol):
    """The breakpoints of a machine."""

    @property
    def breaks(self) -> Collection[Position]: ...


class Taps(Protocol):
    """The taps of a machine."""

    def arm(self, specs: Sequence[TapSpec], skip: int = 0, room: int = 0) -> list[Armed]: ...

    def disarm(self) -> None: ...

    def hits(self) -> list[tuple[int, Hit]]: ...


class Machine(Protocol):
    """Runs forward only; `capture` and `restore` give history the way back."""

    entry: FuncInst | None

    journal: Journal | None
    throws: Throws | None
    collections: Collections | None

    def throw_text(self, throw: Throw) -> str: ...

    @property
    def step(self) -> int: ...

    @property
    def ended(self) -> Stop | None: ...

    @property
    def depth(self) -> int: ...

    @property
    def position(self) -> Position | None: ...

    @property
    def breaks(self) -> Breaks: ...

    @property
    def taps(self) -> Taps: ...

    @property
    def peak_depth(self) -> int: ...

    @property
    def last_probe_step(self) -> int | None: ...

    @property
    def last_call_step(self) -> int | None: ...

    def run(self, until: int, cancel: Event | None = None, breaks: bool = True,
            max_depth: int | None = None) -> Stop: ...

    def capture(self) -> Snapshot: ...

    def restore(self, snapshot: Snapshot) -> None: ...

    def edit(self, edit: Edit) -> None: ...

    def reset_peak(self) -> None: ...

    def set_probes(self, positions: Iterable[Position]) -> None: ...

    def trace_calls(self, wanted: Wanted) -> CallTrace: ...

    def mark_calls(self, depth: int | None) -> None: ...
