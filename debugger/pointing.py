"""The part of a session that keeps breakpoints, watchpoints, catches and log-points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event

from debugger.breakpoints import CATCH, LOG, WATCH, WRITE, Breakpoint
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.keeping import Keeper
from debugger.locating import Locating
from debugger.navigator import Navigator
from debugger.pointmaking import split_condition
from debugger.run import Run
from debugger.views import BreakView
from gabagool import Position


class Pointing(Locating):
    """Sets what stops or prints."""

    # -- setting -----------------------------------------------------------------------------

    def add_break(self, spec: str, *, condition: str = "", temporary: bool = False) -> BreakView:
        """A breakpoint at `42`, `name`, `name+0x1c`, `0x1f3a`, `*0x1f3a`, `a.c:42`, or by a
        glob of names."""
        with self._turn():
            return self._add(self._maker.breakpoint(spec, condition, temporary))

    def add_break_here(self, *, condition: str = "", temporary: bool = False) -> BreakView:
        """A breakpoint at the cursor."""
        with self._turn() as (nav, _):
            place = nav.machine.position
            if place is None:
                raise CommandError("the program has finished: there is no instruction here")
            return self.add_break_at(place, condition=condition, temporary=temporary)

    def add_break_at(self, place: Position, *, condition: str = "",
                     temporary: bool = False) -> BreakView:
        with self._turn():
            return self._add(self._maker.breakpoint(f"*{place.offset:#x}", condition, temporary,
                                                    place))

    def add_watch(self, text: str, *, changed: bool = True, access: str = WRITE,
                  temporary: bool = False, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> BreakView:
        """A watchpoint on a location (see `Targets.parse`), `LOCATION if CONDITION`. `access` is
        one of breakpoints.ACCESSES."""
        where, condition = split_condition(text)
        with self._turn():
            target = self._watched(where, cancel, progress, ends=True)
            return self._add(self._maker.watchpoint(target, condition, changed and access == WRITE,
                                                    temporary, access))

    def add_catch(self, text: str, *, temporary: bool = False) -> BreakView:
        """On `trap [KIND]`, `throw [TAG]`, an instruction's name, or a host function's, or globs
        of those, `… if CONDITION`."""
        with self._turn():
            return self._add(self._maker.catchpoint(text, temporary))

    def add_log(self, text: str) -> BreakView:
        """`PLACE, "text with %d or {expression}", expressions`."""
        with self._turn():
            return self._add(self._maker.logpoint(text))

    def _add(self, point: Breakpoint) -> BreakView:
        with self._turn() as (_, panels):
            return panels.break_view(self._points.add(point))

    def toggle_break(self, instance: int, funcidx: int, offset: int) -> BreakView | None:
        """Sets a breakpoint on an instruction, or deletes the one there (then None)."""
        place = Position(instance, funcidx, offset)
        with self._turn():
            point = self._points.at(place)
            if point is None:
                return self.add_break_at(self._checked(place))
            self.delete_break(point.number)
            return None

    def toggle_line_break(self, file: str, line: int) -> BreakView | None:
        """Sets a breakpoint on a source line, or deletes those there (then None)."""
        with self._turn():
            made = self._maker.breakpoint(f"{file}:{line}")
            there = {point.number for place in made.places
                     if (point := self._points.at(place)) is not None}
            for number in there:
                self.delete_break(number)
            return None if there else self._add(made)

    def break_at(self, instance: int, funcidx: int, offset: int) -> BreakView | None:
        """The one at an instruction."""
        with self._turn() as (_, panels):
            point = self._points.at(Position(instance, funcidx, offset))
            return None if point is None else panels.break_view(point)

    def _checked(self, place: Position) -> Position:
        raise NotImplementedError

    def delete_break(self, number: int | None = None) -> None:
        """Deletes one, or all."""
        with self._turn():
            self._points.delete(number)

    def enable_break(self, number: int | None, enabled: bool) -> None:
        """Switches one, or all, on or off."""
        with self._turn():
            self._points.enable(number, enabled)

    def set_condition(self, number: int, text: str) -> BreakView:
        """Gives a breakpoint another condition, or none."""
        with self._turn() as (_, panels):
            point = self._points.get(number)
            if not point.parts:
                raise CommandError("a trap has no condition: it ends the program")
            changed = self._maker.finished(replace(point, condition=text.strip()))
            point.condition, point.parts, point.found = changed.condition, changed.parts, None
            self._points.changed()
            return panels.break_view(point)

    def set_ignore(self, number: int, count: int) -> BreakView:
        """The next `count` hits don't stop, in whichever direction."""
        with self._turn() as (_, panels):
            self._points.get(number).ignore = max(0, count)
            self._points.changed()
            return panels.break_view(self._points.get(number))

    def set_commands(self, number: int | None, lines: Sequence[str]) -> BreakView:
        """What is done whenever a breakpoint (by default the one set last) has stopped."""
        with self._turn() as (_, panels):
            if number is None and not self._points:
                raise CommandError("there is no breakpoint that could have commands")
            point = self._points.get(max(p.number for p in self._points) if number is None
                                     else number)
            if point.kind == LOG:
                raise CommandError("a log-point never stops, so it has no commands")
            point.commands = tuple(lines)
            self._points.changed()
            return panels.break_view(point)

    def commands_of(self, number: int) -> tuple[str, ...]:
        """What is to be done when a breakpoint has stopped; nothing if it is gone by now."""
        with self._turn():
            return next((p.commands for p in self._points if p.number == number), ())

    def breakpoints(self) -> tuple[BreakView, ...]:
        with self._turn() as (_, panels):
            return tuple(map(panels.break_view, self._points))

    # -- to a place ---------------------------------------------------------------------------

    def advance(self, spec: str, *, cancel: Event | None = None,
                progress: OnProgress | None = None) -> Arrival:
        """On to a place (as breakpoints take it), or until the function returns."""
        with self._turn():
            places = self._maker.breakpoint(spec).places

            def motion(nav: Navigator, run: Run) -> str:
                return nav.toward(places, run, nav.machine.depth - 1 or None)

            return self._move("advance", motion, cancel, progress)

    def advance_back(self, spec: str, *, cancel: Event | None = None,
                     progress: OnProgress | None = None) -> Arrival:
        """Back to when a place was last reached."""
        with self._turn():
            places = self._maker.breakpoint(spec).places
            return self._move("advance back", lambda nav, run: nav.toward_back(places, run),
                              cancel, progress)

    def until(self, *, cancel: Event | None = None,
              progress: OnProgress | None = None) -> Arrival:
        """On to code behind the cursor's in this frame, so past the end of a loop, or until the
        function returns: by line or by instruction, as `over_unit` goes."""
        with self._turn() as (nav, _):
            place, frames = nav.machine.position, nav.machine.frames(1)
            if place is None or not frames:
                raise CommandError("the program has ended: there is nothing to go on to")
            places = self._behind(place)

            def motion(nav: Navigator, run: Run) -> str:
                return nav.toward(places, run, nav.machine.depth - 1 or None, fp=frames[0].fp)

            return self._move("until", motion, cancel, progress)

    def _behind(self, place: Position) -> list[Position]:
        """The instructions, or first ones of lines, that stand behind one in its function."""
        raise NotImplementedError

    # -- from session to session -------------------------------------------------------------

    def _keep(self, keeper: Keeper) -> list[str]:
        """Set what was kept, and keep every change from now on; what couldn't be set."""
        faults = keeper.load(self._restore)
        self._points.changed = lambda: keeper.save(self._points)
        return faults

    def _restore(self, entry: Mapping[str, object]) -> None:
        kind, spec, condition, message = (
            str(entry[key]) for key in ("kind", "spec", "condition", "message"))
        tail = f" if {condition}" if condition else ""
        if kind == WATCH:
            made = self.add_watch(spec + tail, changed=bool(entry["changed"]),
                                  access=str(entry.get("access", WRITE)))
        elif kind == CATCH:
            made = self.add_catch(spec + tail)
        elif kind == LOG:
            made = self.add_log(f"{spec}{tail}, {message}")
        else:
            made = self.add_break(spec, condition=condition)
        self.enable_break(made.number, bool(entry["enabled"]))
        self.set_ignore(made.number, int(str(entry["ignore"])))
        if commands := entry.get("commands"):
            assert isinstance(commands, list)
            self.set_commands(made.number, [str(line) for line in commands])
