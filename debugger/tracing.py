"""The part of a session that tells of calls over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from threading import Event
from typing import TypeVar

from debugger.answers import CallersView, CallsPage, CallView, ProfileView
from debugger.calltree import PAGE, CallTree
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.moving import Motion
from debugger.navigator import Navigator
from debugger.pointing import Pointing
from debugger.run import Run
from debugger.symbols import Symbols
from debugger.views import EventView

_PATIENCE = 0.5         # seconds after which the way to the cursor isn't followed any further

Found = TypeVar("Found")


class Tracing(Pointing):
    """The call tree, profiles, and who calls whom. All of it looks only."""

    _tree: CallTree

    def _symbols(self) -> Symbols:
        raise NotImplementedError

    def call_root(self) -> CallView:
        """The call that started the program."""
        with self._turn():
            return self._tree.root()

    def calls_made(self, parent: CallView | None = None, first: int | None = None,
                   count: int = PAGE, *, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> CallsPage:
        """Calls that a call (by default the program's own) has made, a page of them.

        `first` None: the page around the cursor.
        """
        with self._turn():
            made_by = parent or self._tree.root()
            return self._traced("list calls", lambda run: self._tree.children(
                made_by, first, count, run), cancel, progress)

    def calls_around(self, *, cancel: Event | None = None,
                     progress: OnProgress | None = None) -> tuple[CallsPage, ...]:
        """Pages of calls from the program's own towards the cursor: as many as are quickly found,
        at least one."""
        with self._turn() as (nav, _):
            since, pages = time.monotonic(), [self.calls_made(cancel=cancel, progress=progress)]
            while time.monotonic() - since < _PATIENCE:
                here = [row for row in pages[-1].rows if row.holds(nav.cursor)]
                if not here or here[0].instance < 0:
                    break
                pages.append(self.calls_made(here[0], cancel=cancel, progress=progress))
            return tuple(pages)

    def calls_of(self, spec: str, first: int | None = None, count: int = PAGE, *,
                 cancel: Event | None = None, progress: OnProgress | None = None) -> CallsPage:
        """Every call of a function over the recording, with arguments and results."""
        func = self._symbols().function(spec)
        with self._turn():
            return self._traced("list calls", lambda run: self._tree.of_function(
                func, first, count, run), cancel, progress)

    def callers(self, spec: str, *, cancel: Event | None = None,
                progress: OnProgress | None = None) -> CallersView:
        """Who calls a function, and whom it calls, with counts over the recording."""
        func = self._symbols().function(spec)
        with self._turn():
            return self._traced("find callers", lambda run: self._tree.callers(func, run),
                                cancel, progress)

    def profile(self, first: int = 0, last: int | None = None, *, cancel: Event | None = None,
                progress: OnProgress | None = None) -> ProfileView:
        """Steps and calls of every function in the recorded steps [first, last)."""
        with self._turn():
            end = self.total if last is None else last
            if end < first:
                raise CommandError(f"step {end:,} is before step {first:,}")
            return self._traced("profile", lambda run: self._tree.profile(first, end, run),
                                cancel, progress)

    # -- events ------------------------------------------------------------------------------

    def events(self, kinds: Collection[str] = (), *,
               cancel: Event | None = None) -> tuple[EventView, ...]:
        """Events of some kinds (see `eventlist.KINDS`; none: all) around the cursor, in words."""
        with self._turn() as (nav, panels):
            panels.events.refine(nav.cursor, kinds, cancel or Event())
            return panels.events.around(nav.cursor, kinds)

    def next_event(self, kinds: Collection[str] = (), *, forward: bool = True,
                   cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To the next event of some kinds, or the previous one; no move if there is none."""
        def motion(nav: Navigator, run: Run) -> str:
            assert self._panels is not None
            step = self._panels.events.beside(nav.cursor, forward, kinds)
            return "none" if step is None else nav.to_step(step, run)

        return self._to_event("next event", motion, kinds, cancel, progress)

    def find_event(self, text: str, *, forward: bool = True, cancel: Event | None = None,
                   progress: OnProgress | None = None) -> Arrival:
        """To the next event (or the one before) whose text has `text` in it."""
        def motion(nav: Navigator, run: Run) -> str:
            assert self._panels is not None
            step = self._panels.events.find(text, nav.cursor, forward, run)
            return "none" if step is None else nav.to_step(step, run)

        return self._to_event("find event", motion, (), cancel, progress)

    def _to_event(self, what: str, motion: Motion, kinds: Collection[str], cancel: Event | None,
                  progress: OnProgress | None) -> Arrival:
        arrival = self._move(what, motion, cancel, progress)
        if arrival.reason == "none":
            return replace(arrival, message="no such event in what is recorded")
        here = [view for view in self.events(kinds, cancel=cancel) if view.step == arrival.step]
        if not here:
            return arrival
        return replace(arrival, message=f"step {arrival.step:,}: {here[0].text or here[0].kind}")

    # -- how ---------------------------------------------------------------------------------

    def _traced(self, what: str, find: Callable[[Run], Found | None], cancel: Event | None,
                progress: OnProgress | None) -> Found:
        with self._asking(what, cancel, progress) as run:
            found = find(run)
        if found is None:
            raise CommandError("stopped: there is no whole answer yet")
        return found
