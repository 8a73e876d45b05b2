"""Frozen data that answers questions about the whole recording: hits, calls, profiles.

What widgets and batch output see of them, as `debugger.views` is what they see of one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeatView:
    """How often each `line` bytes of a memory were written and read in the steps [first, last);
    `most` is the largest of these counts."""

    memory: int
    first: int
    last: int
    line: int
    most: int
    writes: Sequence[int] = field(compare=False, repr=False)
    reads: Sequence[int] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HitView:
    """One hit: before `step`, at an instruction (`where`, '' if unknown). `text` is what there is
    to tell: `5 → 6` for a write, what a log-point prints. `index` counts from 0."""

    index: int
    step: int
    where: str
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class HitsView:
    """A page of the hits of `what` over the recording: `rows` from number `first` on, `total` in
    all the steps up to `upto`. `before` of them lie before the cursor."""

    what: str
    total: int
    first: int
    rows: tuple[HitView, ...]
    upto: int
    before: int


@dataclass(frozen=True, slots=True)
class CallView:
    """One call: the steps [first, last) and the depth of its frame, 1 for the program's own.

    `last` is None while it has not ended in the recording; `left` tells how it did: 'return',
    'tail' (its frame went to a tail call), 'throw'. `args` and `results` are texts. Of a host
    function instance and funcidx are -1.
    """

    first: int
    last: int | None
    depth: int
    instance: int
    funcidx: int
    name: str
    args: str
    results: str
    left: str

    def holds(self, step: int) -> bool:
        """Whether a step belongs to it, or to what it has called."""
        return self.first <= step and (self.last is None or step < self.last)


@dataclass(frozen=True, slots=True)
class CallsPage:
    """A page of calls in the order in which they were made: `rows` from number `first` on, of
    `total` up to step `upto`; `before` of them began at the cursor or before it. `parent` made
    them, if they are all one call's."""

    what: str
    total: int
    first: int
    rows: tuple[CallView, ...]
    upto: int
    before: int
    parent: CallView | None = None


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """What a function, or a path of calls, has done: `steps` in itself, `total` with all that it
    has called. `parent` is the number of the path before it. The root's name is ''."""

    instance: int
    funcidx: int
    name: str
    calls: int
    steps: int
    total: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The steps [first, last) by function (most steps first), and by path of calls: a tree whose
    root is number 0, each path after the one before it. Exact; `lost` calls have no path of
    their own and count for the one that they were made on."""

    first: int
    last: int
    functions: tuple[ProfileRow, ...]
    paths: tuple[ProfileRow, ...]
    lost: int = 0


@dataclass(frozen=True, slots=True)
class CallerView:
    """A function at the other end of calls, how many there were, and the steps spent in them."""

    instance: int
    funcidx: int
    name: str
    calls: int
    steps: int


@dataclass(frozen=True, slots=True)
class CallersView:
    """Who calls a function and whom it calls, most calls first."""

    name: str
    callers: tuple[CallerView, ...]
    callees: tuple[CallerView, ...]
