"""Where every pane stands, for each size of terminal. Pure: no widgets here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.geometry import Region

from debugger.widgets.too_small import MIN_HEIGHT, MIN_WIDTH

WIDE_FROM = 100
LARGE_FROM = 180, 50  # more groups show at once
Groups = tuple[tuple[str, ...], ...]

_BOTH_FROM = 14  # rows that source and code need together
_BARS = 3  # header, message, hints
_MEMORY = 76  # 16 bytes per row, with addresses of five digits
_NO_MEMORY = 30  # … and to say that there is none
_OUTPUT = 36  # cells left for output at least
_LISTS = ("events", "log", "history", "tree", "flame", "profile")  # of many lines, when in front

# Panes by group: one of a group shows, the others are tabs in its title.
_WIDE: Groups = (("code", "source"), ("state",), ("calls", "breaks", "notes"),
         ("memory", "tree", "flame", "profile"),
         ("output", "events", "log", "history"), ("timeline",))  # fmt: skip
_NARROW: Groups = (("code", "source"), ("state", "calls", "breaks", "notes"),
           ("memory", "output", "events", "log", "history", "tree", "flame", "profile"),
           ("timeline",))  # fmt: skip

_LARGE: Groups = (("code", "source"), ("state",), ("calls",), ("breaks", "notes"),
          ("memory", "tree", "flame", "profile"), ("output",), ("events", "log", "history"),
          ("timeline",))  # fmt: skip

PANES = tuple(pane for group in _WIDE for pane in group)


@dataclass(frozen=True, slots=True)
class Plan:
    """Regions by widget id; what isn't in `regions` isn't shown. `groups` by pane in front."""

    regions: dict[str, Region]
    groups: dict[str, tuple[str, ...]]


def _front(group: Sequence[str], recent: Sequence[str]) -> str:
    """The pane of a group that was opened last."""
    return max(group, key=lambda pane: recent.index(pane) if pane in recent else -1)


def plan(
    width: int, height: int, recent: Sequence[str], maximised: str = "", memory: int = _MEMORY,
    source: bool = False, both: bool = False
) -> Plan:
    """Places everything. `recent` are panes in the order in which they were last opened.

    `memory` is the width that the memory pane would like to have, 0 if there is no memory.
    `source` tells whether the program has one; `both` gives source and code half of their place
    each, if that is high enough.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return Plan({"too-small": Region(0, 0, width, height)}, {})
    bars = {
        "header": Region(0, 0, width, 1),
        "message": Region(0, height - 2, width, 1),
        "prompt": Region(0, height - 2, width, 1),
        "hints": Region(0, height - 1, width, 1),
    }
    wide = width >= WIDE_FROM
    large = width >= LARGE_FROM[0] and height >= LARGE_FROM[1]
    groups = _LARGE if large else _WIDE if wide else _NARROW
    if not source:
        groups = tuple(tuple(pane for pane in group if pane != "source") for group in groups)
    body = Region(0, 1, width, height - _BARS)
    beside = next(group for group in groups if "memory" in group)
    if not memory and _front(beside, recent) != "memory":
        memory = _MEMORY        # a tree or graph needs room also where there is no memory
    chosen = next((group for group in groups if maximised in group), None)
    if chosen is not None:
        places = {chosen: body}
    else:
        listed = not large and any(_front(group, recent) in _LISTS for group in groups)
        regions = (_large(body, memory) if large else _wide(body, memory, listed) if wide else
                   _narrow(body))
        places = dict(zip(groups, regions, strict=True))
    if both:
        places = _parted(places)
    fronts = {_front(group, recent): group for group in places}
    return Plan(bars | {front: places[group] for front, group in fronts.items()}, fronts)


def _parted(places: dict[tuple[str, ...], Region]) -> dict[tuple[str, ...], Region]:
    """Source above, code below, where one of them would be."""
    parted: dict[tuple[str, ...], Region] = {}
    for group, region in places.items():
        if "source" in group and region.height >= _BOTH_FROM:
            parted[("source",)], parted[("code",)] = region.split_horizontal(
                region.height - region.height // 2)
        else:
            parted[group] = region
    return parted


def _rows(body: Region, share: tuple[int, int]) -> tuple[Region, Region, Region]:
    """The body in three: upper panes, lower panes, timeline."""
    timeline = 7 if body.height >= 30 else 5 if body.height >= 17 else 4
    rest = body.height - timeline
    lower = max(4, min(max(16, rest // 3), rest * share[0] // share[1]))
    upper, under = body.split_horizontal(rest - lower)
    lower_region, timeline_region = under.split_horizontal(lower)
    return upper, lower_region, timeline_region


def _wide(body: Region, wanted: int, listed: bool) -> list[Region]:
    """Programs without a memory have their data in objects: then the state pane gets the room,
    unless a list has been opened below it.
    """
    upper, lower, timeline = _rows(body, (2, 5) if wanted or listed else (1, 4))
    memory, output = lower.split_vertical(min(wanted or _NO_MEMORY, body.width - _OUTPUT))
    side = max(28, body.width // 5) if wanted else body.width // 5
    state = max(30, body.width * 3 // 10 if wanted else body.width * 2 // 5)
    code, right = upper.split_vertical(body.width - side - state)
    state_region, side_region = right.split_vertical(state)
    return [code, state_region, side_region, memory, output, timeline]


def _large(body: Region, wanted: int) -> list[Region]:
    """Calls above breakpoints, and lists beside the output."""
    upper, lower, timeline = _rows(body, (2, 5))
    memory, right = lower.split_vertical(wanted or _NO_MEMORY)
    output, lists = right.split_vertical(right.width // 2)
    code, side = upper.split_vertical(body.width - body.width * 11 // 20)
    state, calls = side.split_vertical(side.width - max(40, side.width * 2 // 5))
    frames, breaks = calls.split_horizontal(calls.height - calls.height // 3)
    return [code, state, frames, breaks, memory, output, lists, timeline]


def _narrow(body: Region) -> list[Region]:
    upper, lower, timeline = _rows(body, (3, 8))
    code, side = upper.split_vertical(body.width - max(26, body.width * 2 // 5))
    return [code, side, lower, timeline]
