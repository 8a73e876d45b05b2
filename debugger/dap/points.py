"""Breakpoints: a client sends whole lists, one for each kind and source; the session has one
breakpoint for an instruction, whoever asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """One list as the client sent it, to be set again in a program that has been restarted."""

    kind: str
    asked: Asked
    place: Placed


class Points:
    """The client's lists by (kind, source), and the session's numbers they hold."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._lists: dict[Key, _List] = {}
        self._numbers: dict[Key, tuple[int, ...]] = {}
        self._ids: dict[int, int] = {}          # by number: numbers begin anew with a session
        self._next = 1

    def id_of(self, number: int) -> int:
        """The id that the client knows a breakpoint by."""
        if number not in self._ids:
            self._ids[number] = self._next
            self._next += 1
        return self._ids[number]

    def replace(self, kind: str, key: int | str, asked: Asked,
                place: Placed) -> list[dict[str, object]]:
        """Puts a list in the place of the one before it; what the client is told of each.

        What is in both keeps its number and its count of hits.
        """
        before = self._numbers.get((kind, key), ())
        self._lists[kind, key] = _List(kind, asked, place)
        told, numbers = [], []
        for each in asked:
            try:
                view = self._add(each, place)
            except CommandError as error:
                told.append({"verified": False, "message": str(error), "reason": "failed"})
            else:
                numbers.append(view.number)
                told.append(self.described(view))
        self._numbers[kind, key] = tuple(numbers)
        held = {number for every in self._numbers.values() for number in every}
        for number in ({*before} - held) & self._known():
            self._adapter.session.delete_break(number)
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
        kinds = {kind for (kind, _), numbers in self._numbers.items()
                 if number in numbers}
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
        before, self._numbers = self._numbers, {}
        known, self._ids = self._ids, {}
        for (kind, key), each in list(self._lists.items()):
            told = self.replace(kind, key, each.asked, each.place)
            ids = [known[number] for number in before.get((kind, key), ())]
            if len(self._numbers[kind, key]) == len(ids):
                self._ids |= dict(zip(self._numbers[kind, key], ids, strict=True))
                told = self.replace(kind, key, each.asked, each.place)
            for answer in told:
                self._event("changed", answer)

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
        if "id" in told:
            self._adapter.writer.event("breakpoint", {"reason": reason, "breakpoint": told})
