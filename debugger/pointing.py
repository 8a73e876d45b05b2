"""The part of a session that keeps breakpoints, and tells what they have hit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event

from debugger.answers import HitsView
from debugger.breakpoints import CATCH, LOG, WATCH, Breakpoint
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.hitlist import HitList
from debugger.keeping import Keeper
from debugger.moving import Moving
from debugger.navigator import Navigator
from debugger.pointmaking import PointMaker, split_condition
from debugger.run import Run
from debugger.tapped import tapped
from debugger.targets import Target, Targets
from debugger.views import BreakView
from gabagool import GabagoolError, Position
from gabagool.runtime.tapping import TapSpec

_PAGE = 100


class Pointing(Moving):
    """Breakpoints, watchpoints, catches and log-points, and the hits of each."""

    _maker: PointMaker
    _targets: Targets
    _hits: HitList

    def _level_shown(self, nav: Navigator) -> int:
        with self._turn() as (_, panels):
            return max(0, min(panels.machine_level(self.frame), nav.machine.depth - 1))

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

    def add_watch(self, text: str, *, changed: bool = True, temporary: bool = False,
                  cancel: Event | None = None, progress: OnProgress | None = None) -> BreakView:
        """A watchpoint on a location (see `Targets.parse`), `LOCATION if CONDITION`."""
        where, condition = split_condition(text)
        with self._turn():
            target = self._target(where, cancel, progress)
            return self._add(self._maker.watchpoint(target, condition, changed, temporary))

    def add_catch(self, text: str, *, temporary: bool = False) -> BreakView:
        """On `trap`, an instruction's name, or a host function's (a glob), `… if CONDITION`."""
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
            return panels.break_view(self._points.get(number))

    def breakpoints(self) -> tuple[BreakView, ...]:
        with self._turn() as (_, panels):
            return tuple(map(panels.break_view, self._points))

    # -- who wrote this ----------------------------------------------------------------------

    def _target(self, text: str, cancel: Event | None, progress: OnProgress | None) -> Target:
        with self._turn() as (nav, panels):
            fault: CommandError | None = None
            try:
                found = self._source_location(text)
            except CommandError as error:           # it may be a location of wasm's then
                found, fault = None, error
            if found is not None:
                target = self._targets.memory(0, *found)
                return replace(target, label=f"{text.strip()} ({target.label})")
            level = self._level_shown(nav)
            state = panels.state.state(level, compare=False)
            run = Run("find out since when it is there", cancel or Event(), progress)
            try:
                return self._targets.parse(text, state, level, run)
            except (GabagoolError, CommandError) as error:
                raise fault or CommandError(str(error)) from error

    def _source_location(self, text: str) -> tuple[int, int] | None:
        """Address and size of what an expression of the source means, if it means some memory."""
        return None

    def last_write(self, text: str, *, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> Arrival:
        """Back to the instruction that last wrote a location; no move if none did.

        What a local had from the beginning came with the call: that is its first write.
        """
        with self._turn():
            target = self._target(text, cancel, progress)

            def motion(nav: Navigator, run: Run) -> str:
                after = target.life.first - 1 if target.life else -1
                reason = nav.last_hit([TapSpec(target.where, after=after)], run)
                made = target.life.first - 1 if target.life else -1
                if reason == "unwritten" and 0 <= made < nav.cursor:
                    return nav.to_step(made, run)
                return reason

            return self._move("last write", motion, cancel, progress)

    # -- hits --------------------------------------------------------------------------------

    def changes(self, text: str, first: int | None = None, count: int = _PAGE, *,
                changed: bool = True, cancel: Event | None = None,
                progress: OnProgress | None = None) -> HitsView:
        """Every change (or write) of a location over the recording, a page of it.

        `first` None: the page around the cursor.
        """
        with self._turn() as (nav, _):
            target = self._target(text, cancel, progress)
            point = Breakpoint(0, WATCH, target.spec, self._maker.watchpoint(
                target, "", changed).parts, target=target, changed=changed)
            what = f"{'changes' if changed else 'writes'} of {target.label}"
            return self._page(nav, point, what, first, count, cancel, progress)

    def hits(self, number: int, first: int | None = None, count: int = _PAGE, *,
             cancel: Event | None = None, progress: OnProgress | None = None) -> HitsView:
        """Every hit of a breakpoint over the recording, since long before it was set."""
        with self._turn() as (nav, panels):
            point = self._points.get(number)
            what = f"hits of {point.kind} {number}, {panels.break_view(point).where}"
            return self._page(nav, point, what, first, count, cancel, progress)

    def more_hits(self, first: int, count: int = _PAGE, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> HitsView:
        """Another page of the hits asked for last."""
        with self._turn() as (nav, _):
            asked = self._hits.asked
            if asked is None:
                raise CommandError("no hits have been asked for: hits NUMBER, or history LOCATION")
            return self._page(nav, *asked, first, count, cancel, progress)

    def _page(self, nav: Navigator, point: Breakpoint, what: str, first: int | None, count: int,
              cancel: Event | None, progress: OnProgress | None) -> HitsView:
        with self._asking("count hits", cancel, progress) as run:
            view = self._hits.page(point, what, tapped(point, run), first, count, run)
        if view is None:
            raise CommandError("stopped: the hits are not all counted")
        return view

    def _refine_hits(self, cancel: Event) -> bool:
        """Counts the hits of breakpoints that aren't counted yet. Whether it has found some."""
        run = Run("count hits", cancel, None)
        try:
            taps = [(point, tapped(point, run)) for point in self._points if point.parts]
        except CommandError:
            return False
        return self._hits.refine(taps, run)

    def printed(self) -> Sequence[str]:
        """What log-points have printed in the latest motion, oldest first."""
        with self._turn() as (nav, _):
            lines = [f"{hit.step:,}  {self._hits.log_text(point, spec, hit)}"
                     for point, spec, hit in nav.printed]
            if nav.unprinted:
                lines.append(f"… and {nav.unprinted:,} more: hits NUMBER has all of them")
            return lines

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
            made = self.add_watch(spec + tail, changed=bool(entry["changed"]))
        elif kind == CATCH:
            made = self.add_catch(spec + tail)
        elif kind == LOG:
            made = self.add_log(f"{spec}{tail}, {message}")
        else:
            made = self.add_break(spec, condition=condition)
        self.enable_break(made.number, bool(entry["enabled"]))
        self.set_ignore(made.number, int(str(entry["ignore"])))
