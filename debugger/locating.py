"""The part of a session that tells of locations: who wrote this, who read it, what has hit it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from debugger.answers import HitsView, HitView
from debugger.breakpoints import ACCESS, READ, WRITE, Breakpoint
from debugger.catching import caught_trap
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.hitlist import HitList
from debugger.moving import Moving
from debugger.navigator import Navigator
from debugger.pointmaking import PointMaker
from debugger.pushing import pushed
from debugger.run import Run
from debugger.tapped import tapped
from debugger.targets import Target, Targets
from gabagool import GabagoolError
from gabagool.history.search import TapScan
from gabagool.runtime.tapping import Code, TapSpec

_PAGE = 100
_ACCESSES = {WRITE: "writes", READ: "reads", ACCESS: "reads and writes"}


class Locating(Moving):
    """Locations, and the hits of watchpoints and breakpoints."""

    _maker: PointMaker
    _targets: Targets
    _hits: HitList

    def _level_shown(self, nav: Navigator) -> int:
        with self._turn() as (_, panels):
            return max(0, min(panels.machine_level(self.frame), nav.machine.depth - 1))

    # -- who wrote this ----------------------------------------------------------------------

    def _target(self, text: str, cancel: Event | None, progress: OnProgress | None,
                ends: bool = False) -> Target:
        """What a text means. `ends`: what belongs to a frame of the source ends with it."""
        with self._turn() as (nav, panels):
            run = Run("find out since when it is there", cancel or Event(), progress)
            fault: CommandError | None = None
            try:
                found = self._source_target(text, run, ends)
            except CommandError as error:           # it may be a location of wasm's then
                found, fault = None, error
            if found is not None:
                return found
            level = self._level_shown(nav)
            state = panels.state.state(level, compare=False)
            try:
                return self._targets.parse(text, state, level, run)
            except (GabagoolError, CommandError) as error:
                raise fault or CommandError(str(error)) from error

    def _watched(self, text: str, cancel: Event | None, progress: OnProgress | None,
                 ends: bool = False) -> Target:
        """A location that may change, or be read, again and again."""
        target = self._target(text, cancel, progress, ends)
        self._refuse_operand(target)
        return target

    @staticmethod
    def _refuse_operand(target: Target) -> None:
        if isinstance(target.where, Code):
            raise CommandError("an operand is pushed once and used up by the instruction that "
                               f"takes it: last-write {target.spec} tells who pushed it")

    def _source_target(self, text: str, run: Run, ends: bool) -> Target | None:
        """What an expression of the source means; None if it is none."""
        return None

    def last_write(self, text: str, *, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> Arrival:
        """Back to the instruction that last wrote a location; no move if none did.

        What a local had from the beginning came with the call: that is its first write. Of an
        operand, `stack(0)`, it is the instruction that pushed it.
        """
        return self._last_access(text, False, cancel, progress)

    def last_read(self, text: str, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """Back to the instruction that last read a location; no move if none did."""
        return self._last_access(text, True, cancel, progress)

    def _last_access(self, text: str, reads: bool, cancel: Event | None,
                     progress: OnProgress | None) -> Arrival:
        with self._turn():
            target = self._target(text, cancel, progress)
            if reads:
                self._refuse_operand(target)

            def motion(nav: Navigator, run: Run) -> str:
                made = target.life.first - 1 if target.life else -1
                if target.slot >= 0:
                    step = pushed(nav, target, run)
                else:
                    step = self._last(nav, target, reads, made + 1, nav.cursor, run)
                    if step is None and not (run.cancelled or reads) and 0 <= made < nav.cursor:
                        step = made
                if step is None:
                    return "cancelled" if run.cancelled else "unread" if reads else "unwritten"
                return nav.to_step(step, run)

            return self._move("last read" if reads else "last write", motion, cancel, progress)

    def wrote(self, address: int, size: int = 1, *, memory: int = 0, after: int = 0,
              before: int | None = None, reads: bool = False, cancel: Event | None = None,
              progress: OnProgress | None = None) -> int | None:
        """The last step in [after, before) that writes any of `size` bytes, or reads them; None if
        none does.

        `before` None is the end of the recording. CommandError for bytes no memory has.
        """
        with self._turn() as (nav, panels):
            panels.read_memory(memory, address, size)
            target = self._targets.memory(memory, address, size)
            until = self.total + 1 if before is None else before
            with self._asking("last write", cancel, progress) as run:
                step = self._last(nav, target, reads, after, until, run)
            if step is None and run.cancelled:
                raise CommandError("cancelled")
            return step

    @staticmethod
    def _last(nav: Navigator, target: Target, reads: bool, first: int, before: int,
              run: Run) -> int | None:
        """The last step in [first, before) that writes a location, or reads it."""
        if first >= before:
            return None
        scan = TapScan([TapSpec(target.where, reads=reads, after=first - 1)])
        return nav.recorder.search_back(before, scan, first, run.cancel, run.report)

    # -- hits --------------------------------------------------------------------------------

    def changes(self, text: str, first: int | None = None, count: int = _PAGE, *,
                changed: bool = True, access: str = WRITE, cancel: Event | None = None,
                progress: OnProgress | None = None) -> HitsView:
        """Every change of a location over the recording (or every write, read, or access), a page
        of it.

        `first` None: the page around the cursor.
        """
        with self._turn() as (nav, _):
            target = self._watched(text, cancel, progress)
            changed = changed and access == WRITE
            point = self._maker.watchpoint(target, "", changed, access=access)
            what = f"{'changes' if changed else _ACCESSES[access]} of {target.label}"
            return self._page(nav, point, what, first, count, cancel, progress)

    def hits(self, number: int, first: int | None = None, count: int = _PAGE, *,
             cancel: Event | None = None, progress: OnProgress | None = None) -> HitsView:
        """Every hit of a breakpoint over the recording, since long before it was set."""
        with self._turn() as (nav, panels):
            point = self._points.get(number)
            what = f"hits of {point.kind} {number}, {panels.break_view(point).where}"
            if not point.parts:
                return self._trap(nav, point, what)
            return self._page(nav, point, what, first, count, cancel, progress)

    @staticmethod
    def _trap(nav: Navigator, point: Breakpoint, what: str) -> HitsView:
        """The only hit that a catchpoint for traps may have: the end of the program."""
        ended = nav.recorder.ended
        trap = ended.trap if ended is not None else None
        rows: tuple[HitView, ...] = ()
        if ended is not None and trap is not None and caught_trap(point.spec, trap.message):
            rows = (HitView(0, ended.step, "", "", trap.message),)
        before = sum(row.step < nav.cursor for row in rows)
        return HitsView(what, len(rows), 0, rows, nav.recorder.total, before)

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
