"""Breakpoints: a client sends whole lists, one for each kind and source; the session has one
plain breakpoint for an instruction, whoever asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from debugger.breakpoints import WRITE
from debugger.dap import data
from debugger.dap.arguments import Arguments
from debugger.exchange import CommandError
from debugger.views import BreakView

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

Asked = list[Arguments]
# How a client's breakpoint is set: as a place of `Session.add_break`, or a location.
Placed = Callable[[Arguments], str]
Key = tuple[str, int | str]         # a kind of breakpoint, and the source they are in

_REASONS = {"function": "function breakpoint", "instruction": "instruction breakpoint"}
_HIT_COUNT = re.compile(r"\s*(?P<sign>>=|==|=|>)?\s*(?P<count>\d{1,15})\s*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One breakpoint, so that it is known again in the next list. `ignore` counts the hits to
    pass over first."""

    kind: str
    place: str
    condition: str = ""
    ignore: int = 0
    log: str = ""
    access: str = WRITE

    def add(self, adapter: Adapter) -> BreakView:
        session = adapter.session
        if self.kind == "data":
            return session.add_watch(self._with_condition(data.location(adapter, self.place)),
                                     access=self.access)
        if self.kind == "exception":
            return session.add_catch(self.place)
        if self.log:
            text = self.log.replace("\\", "\\\\").replace('"', '\\"')
            return session.add_log(self._with_condition(f'{self.place}, "{text}"'))
        return session.add_break(self.place, condition=self.condition)

    def _with_condition(self, text: str) -> str:
        return f"{text} if {self.condition}" if self.condition else text


def wanted(kind: str, place: str, asked: Arguments) -> Wanted:
    """What a client's breakpoint asks for; CommandError for a hit count that is none."""
    condition, log = asked.text("condition", "").strip(), asked.text("logMessage", "")
    ignore = 0
    if text := asked.text("hitCondition", "").strip():
        match = _HIT_COUNT.fullmatch(text)
        if match is None or log:
            raise CommandError("a log message has no hit count" if log else
                               f"'{text}' is not a hit count such as 5 or >= 5: the first hit "
                               "that stops")
        ignore = max(0, int(match["count"]) - (match["sign"] != ">"))
    access = data.access(asked.text("accessType", "write")) if kind == "data" else WRITE
    return Wanted(kind, place, condition, ignore, log, access)


@dataclass(frozen=True, slots=True)
class _List:
    """One list as the client sent it, to be set again in a program that has been restarted; what
    it led to, None where that couldn't be set; and the ids the client knows."""

    asked: Asked
    place: Placed
    points: tuple[tuple[Wanted, int] | None, ...]
    ids: tuple[int, ...]

    @property
    def numbers(self) -> set[int]:
        return {each[1] for each in self.points if each is not None}


class Points:
    """The client's lists. Ids last as long as the client; numbers begin anew in each session."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._lists: dict[Key, _List] = {}
        self._ids: dict[int, int] = {}          # by number
        self._next = count(1)

    def id_of(self, number: int) -> int:
        """The id that the client knows a breakpoint by."""
        if number not in self._ids:
            self._ids[number] = next(self._next)
        return self._ids[number]

    def replace(self, kind: str, source: int | str, asked: Asked,
                place: Placed) -> list[dict[str, object]]:
        """Puts a list in the place of the one before it; what the client is told of each.

        What is in both keeps its id and its count of hits.
        """
        before = self._lists.get((kind, source))
        told = self._set((kind, source), asked, place, dict(
            each for each in (before.points if before else ()) if each is not None))
        held = {number for each in self._lists.values() for number in each.numbers}
        known = {view.number for view in self._adapter.session.breakpoints()}
        for number in ((before.numbers if before else set()) - held) & known:
            self._adapter.session.delete_break(number)
        return told

    def _set(self, key: Key, asked: Asked, place: Placed, before: dict[Wanted, int],
             ids: Sequence[int] = ()) -> list[dict[str, object]]:
        """Sets all of a list, under ids that the client has been told before if it has."""
        told: list[dict[str, object]] = []
        points: list[tuple[Wanted, int] | None] = []
        for i, each in enumerate(asked):
            try:
                want = wanted(key[0], place(each), each)
                view = self._view(want, before)
            except CommandError as error:
                points.append(None)
                told.append({"id": ids[i] if ids else next(self._next), "verified": False,
                             "message": str(error), "reason": "failed"})
                continue
            points.append((want, view.number))
            if ids:
                self._ids[view.number] = ids[i]
            told.append(self.described(view, key))
        known = tuple(int(str(each["id"])) for each in told)
        self._lists[key] = _List(asked, place, tuple(points), known)
        return told

    def _view(self, want: Wanted, before: dict[Wanted, int]) -> BreakView:
        """The breakpoint that is wanted: the one there already, or a new one."""
        session = self._adapter.session
        for view in session.breakpoints():
            if view.number == before.get(want):
                return view
        view = want.add(self._adapter)
        return session.set_ignore(view.number, want.ignore) if want.ignore else view

    def described(self, view: BreakView, key: Key = ("", "")) -> dict[str, object]:
        """A breakpoint as the protocol has it, at its first instruction; those at none or of many
        functions have no line. One in a disassembly is told of there."""
        adapter = self._adapter
        told: dict[str, object] = {"id": self.id_of(view.number), "verified": view.enabled}
        offset = view.offset
        if offset < 0 and key[0] == "source":
            offset = min(adapter.session.places_of(view.number), default=-1)
        code = key[0] == "instruction" or isinstance(key[1], int)
        spot = adapter.sources.spot(offset, code) if offset >= 0 else None
        if spot is not None:
            told |= {"source": spot.source, "line": spot.line + adapter.first_line,
                     "instructionReference": f"{offset:#x}"}
        return told

    def reason(self, number: int, otherwise: str) -> str:
        """What kind of breakpoint a stop is due to: the narrowest that asked for it."""
        kinds = {kind for (kind, _), each in self._lists.items() if number in each.numbers}
        if kinds & _REASONS.keys() and "source" not in kinds:
            return _REASONS["function" if "function" in kinds else "instruction"]
        return otherwise

    def at_cursor(self) -> int | None:
        """The number of the breakpoint without a condition that the cursor stands at."""
        session = self._adapter.session
        frames = session.calls(1).frames
        if not frames or (session.exit_code is not None and session.cursor == session.total):
            return None
        view = session.break_at(frames[0].instance, frames[0].funcidx, frames[0].offset)
        plain = view is not None and view.enabled and view.kind == "breakpoint" and not (
            view.condition or view.ignore)
        return view.number if view is not None and plain else None

    def reopened(self) -> None:
        """Another session, perhaps of a program built anew: every list is set again, under the
        ids that the client knows."""
        self._ids.clear()
        for key, each in list(self._lists.items()):
            for told in self._set(key, each.asked, each.place, {}, each.ids):
                self._event("changed", told)

    def tell_changed(self, before: Sequence[BreakView]) -> None:
        """Events for breakpoints that came or went in another way than by a client's list."""
        old = {view.number: view for view in before}
        new = {view.number: view for view in self._adapter.session.breakpoints()}
        for number in old.keys() | new.keys():
            if number not in new:
                self._event("removed", {"id": self.id_of(number), "verified": False})
            elif number not in old:
                self._event("new", self.described(new[number]))
            elif old[number].enabled != new[number].enabled:
                self._event("changed", self.described(new[number]))

    def _event(self, reason: str, told: dict[str, object]) -> None:
        self._adapter.writer.event("breakpoint", {"reason": reason, "breakpoint": told})
