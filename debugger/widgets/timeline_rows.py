"""The timeline's rows, cell by cell: all of history, the lanes, and what is worth going to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from debugger.views import BranchView, Lane, TimelineView
from debugger.widgets.events import FAILURES, OTHER_SIGN, SIGNS
from debugger.widgets.scale import Scale, heights, shades

# What shows when several things fall into one cell: a trap in 10^9 steps must not hide.
_RANK = {"trap": 6, "exception": 6, "mark": 5, "exit": 4, "finished": 4, "break": 3,
         "fork": 3, "throw": 2, "grow": 2, "collect": 1}

FORK = "├"      # where a branch begins
_LANE_INKS = {"depth": "blue", "writes": "cyan"}

Cells = list[tuple[str, str]]  # (sign, ink) per cell
Row = tuple[str, Cells]  # a label and its cells


def lane_text(lane: Lane) -> str:
    """How a lane is drawn: writes as shades, everything else as bars."""
    return shades(lane.cells) if lane.name == "writes" else heights(lane.cells)


@dataclass(frozen=True, slots=True)
class Landmark:
    """Something worth going to, as a sign in a cell."""

    step: int
    sign: str
    ink: str
    text: str


def forks(branches: Sequence[BranchView]) -> tuple[BranchView, ...]:
    """The branches that begin on the way to the current one's steps, and it itself."""
    by_name = {branch.name: branch for branch in branches}
    until: dict[str, float] = {}      # how far the steps of a branch are the current one's, too
    branch, shared = next((each for each in branches if each.current), None), float("inf")
    while branch is not None and branch.name not in until:
        until[branch.name] = shared
        shared, branch = min(shared, branch.fork), by_name.get(branch.parent)
    return tuple(each for each in branches
                 if each.edit and each.fork <= until.get(each.parent, -1))


def landmarks(
    scale: Scale, view: TimelineView, branches: Sequence[BranchView] = ()
) -> dict[int, Landmark]:
    """The most important landmark of each cell that has one."""
    best: dict[int, tuple[int, Landmark]] = {}
    begun = ((_RANK["fork"], Landmark(branch.fork, FORK, "accent",
                                      f"branch {branch.name}: {branch.edit}"))
             for branch in forks(branches))
    for rank, mark in chain(_ranked(view), begun):
        cell = scale.cell(mark.step)
        if cell is not None and rank > best.get(cell, (0, mark))[0]:
            best[cell] = rank, mark
    return {cell: mark for cell, (_, mark) in best.items()}


def _ranked(view: TimelineView) -> Iterator[tuple[int, Landmark]]:
    for event in view.events:
        rank = _RANK.get(event.kind, 1)
        ink = "error" if event.kind in FAILURES else "accent" if rank > 1 else "text"
        sign = SIGNS.get(event.kind, OTHER_SIGN)
        yield rank, Landmark(event.step, sign, ink, event.text or event.kind)
    for step in view.breaks:
        yield _RANK["break"], Landmark(step, SIGNS["break"], "error", "breakpoint")
    for letter, step in view.marks:
        yield _RANK["mark"], Landmark(step, letter, "changed", f"mark '{letter}")


def brackets(everything: Scale, view: TimelineView) -> tuple[int, int]:
    """The cells just outside of the viewport: -1 and `cells` when all is in view."""
    left = everything.cell(view.first) or 0
    right = min(view.last, everything.span) * everything.cells // everything.span
    return left - 1, max(left + 1, right)


def overview_row(everything: Scale, view: TimelineView) -> Cells:
    """The row of all history; its part in the viewport is bright."""
    text = heights(view.overview).ljust(everything.cells)[: everything.cells]
    left, right = brackets(everything, view)
    return [(sign, "muted" if left < i < right else "faint") for i, sign in enumerate(text)]


def compose(
    view: TimelineView,
    scale: Scale,
    everything: Scale,
    found: Mapping[int, Landmark],
    height: int,
) -> list[Row]:
    """All rows from top to bottom, fewer where there is no room for all."""
    marked: Cells = [(" ", "text")] * scale.cells
    for cell, mark in found.items():
        marked[cell] = (mark.sign, mark.ink)
    kept: Cells = [(" ", "text")] * scale.cells
    for step in view.retained:
        if (at := scale.cell(step)) is not None:
            kept[at] = ("╵", "muted")
    overview: Row = ("all", overview_row(everything, view))
    lanes = [_lane_row(lane, scale.cells) for lane in view.lanes]
    if 0 < height < len(lanes) + 3:
        # Events and retained points share a row when there is no room for both.
        both = [m if m[0] != " " else k for m, k in zip(marked, kept, strict=True)]
        return [overview, *lanes[: max(0, height - 2)], ("events", both)]
    return [overview, *lanes, ("events", marked), ("retained", kept)]


def _lane_row(lane: Lane, cells: int) -> Row:
    ink = _LANE_INKS.get(lane.name, "text")
    return lane.name, [(sign, ink) for sign in lane_text(lane).ljust(cells)[:cells]]
