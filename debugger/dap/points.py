"""Breakpoints: a client sends whole lists, one for each kind and source; the session has one
breakpoint for an instruction, whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments
from debugger.exchange import CommandError
from debugger.views import BreakView

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

Asked = list[Arguments]
# How a client's breakpoint is set: as a place of `Session.add_break`.
Placed = Callable[[Arguments], str]
Key = tuple[str, int | str]         # a kind of breakpoint, and the source they are in

_REASONS = {"function": "function breakpoint", "instruction": "instruction breakpoint"}
_TOO_MUCH = {"condition": "conditions", "hitCondition": "hit counts", "logMessage": "log messages"}


@dataclass(frozen=True, slots=True)
class _List:
    """One list as the client sent it, to be set again in a program that has been restarted;
    the session's numbers, None where it couldn't be set; and the ids the client knows."""

    asked: Asked
    place: Placed
    numbers: tuple[int | None, ...]
    ids: tuple[int, ...]


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
        told = self._set((kind, source), asked, place)
        held = {number for each in self._lists.values() for number in each.numbers}
        for number in (set(before.numbers) - held if before else ()):
            if number in self._known():
                self._adapter.session.delete_break(number)
        return told

    def _set(self, key: Key, asked: Asked, place: Placed,
             ids: Sequence[int] = ()) -> list[dict[str, object]]:
        """Sets all of a list, under ids that the client has been told before if it has."""
        told: list[dict[str, object]] = []
        numbers: list[int | None] = []
        for i, each in enumerate(asked):
            try:
                view = self._add(each, place)
            except CommandError as error:
                numbers.append(None)
                told.append({"id": ids[i] if ids else next(self._next), "verified": False,
                             "message": str(error), "reason": "failed"})
                continue
            numbers.append(view.number)
            if ids:
                self._ids[view.number] = ids[i]
            told.append(self.described(view))
        known = tuple(int(str(each["id"])) for each in told)
        self._lists[key] = _List(asked, place, tuple(numbers), known)
        return told

    def _add(self, asked: Arguments, place: Placed) -> BreakView:
        for key, what in _TOO_MUCH.items():
            if asked.text(key, ""):
                raise CommandError(f"breakpoints take no {what} yet")
        return self._adapter.session.add_break(place(asked))

    def _known(self) -> set[int]:
        return {view.number for view in self._adapter.session.breakpoints()}

    def described(self, view: BreakView) -> dict[str, object]:
        """A breakpoint as the protocol has it."""
        told: dict[str, object] = {"id": self.id_of(view.number), "verified": view.enabled,
                                   "instructionReference": f"{view.offset:#x}"}
        spot = self._adapter.sources.spot(view.offset)
        if spot is not None:
            told |= {"source": spot.source, "line": spot.line + self._adapter.first_line}
        return told

    def reason(self, number: int, otherwise: str) -> str:
        """What kind of breakpoint a stop is due to: the narrowest that asked for it."""
        kinds = {kind for (kind, _), each in self._lists.items() if number in each.numbers}
        if kinds and not kinds & {"source"}:
            return _REASONS["function" if "function" in kinds else "instruction"]
        return otherwise

    def at_cursor(self) -> int | None:
        """The number of the enabled breakpoint that the cursor stands at."""
        session = self._adapter.session
        frames = session.calls(1).frames
        at_end = session.exit_code is not None and session.cursor == session.total
        if not frames or at_end:
            return None
        here = frames[0]
        return next((view.number for view in session.breakpoints()
                     if view.enabled and (view.instance, view.funcidx, view.offset)
                     == (here.instance, here.funcidx, here.offset)), None)

    def reopened(self) -> None:
        """Another session, perhaps of a program built anew: every list is set again, under the
        ids that the client knows."""
        self._ids.clear()
        for key, each in list(self._lists.items()):
            for told in self._set(key, each.asked, each.place, each.ids):
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
