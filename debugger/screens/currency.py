"""Whether what the panes show is so at this moment, and how the screen tells.

While the cursor is on its way somewhere, all panes show where it was: then they are pale, and the
header says what goes on. Lists that were made on another branch say so in their titles.
"""

from __future__ import annotations

from dataclasses import replace

from debugger.screens.driver import Job, Outcome
from debugger.screens.hints import hints, say
from debugger.screens.keymap import Keymap
from debugger.screens.panes import Panes
from debugger.session import Session
from debugger.views import Progress
from debugger.views import Screen as ScreenView
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.panel import Panel

# Panes that are of no step.
_TIMELESS = ("log",)
# Panes that are made once, by a question, and stay until the next.
_MADE = ("tree", "flame", "profile", "history")


class Current(Panes):
    """The part of the screen that knows what is out of date."""

    shown: ScreenView | None = None

    def __init__(self, session: Session, keymap: Keymap, faults: tuple[str, ...] = ()) -> None:
        super().__init__(session, keymap, faults)
        self._busy = ""                     # what goes on, if it takes long
        self._preview: int | None = None    # the step that the timeline would go to
        self._failed = False                # the session has moved, and could not be shown
        self._branches: dict[str, str] = {} # of the panes that are made once
        self._told: tuple[object, ...] = ()

    # What happens

    def show_progress(self, progress: Progress | None) -> None:
        """Long work begins, goes on, or is done."""
        super().show_progress(progress)
        job = self.driver.running
        self._busy = "" if progress is None or job is None else _doing(job)
        self.tell_currency()

    def show_preview(self, step: int | None) -> None:
        """The timeline's cursor is dragged; None: not any more."""
        self._preview = step
        self.tell_currency()

    def job_done(self, outcome: Outcome) -> None:
        """Panes have got the views of this outcome, or there are none because of a fault."""
        super().job_done(outcome)
        failed = outcome.trace and outcome.job.kind != "refine"     # details may be missing
        if outcome.screen is not None or failed:
            self._failed = outcome.screen is None
            self.tell_currency()

    def made(self, *panes: str) -> None:
        """These panes show what has just been asked, on the branch that is."""
        for pane in panes:
            self._branches[pane] = self._branch
        self.tell_currency()

    @property
    def _branch(self) -> str:
        return self.shown.header.branch if self.shown is not None else "main"

    # What is told

    def tell_currency(self) -> None:
        """Marks each pane, and says in the header what goes on."""
        self._tell_header()
        elsewhere = self._elsewhere()
        told = (self._busy, self._preview is None, self._failed, self._branch, self.pane, elsewhere,
                tuple(self._branches.items()))
        if told != self._told:
            self._told = told
            for pane in self.query(Panel):
                self._mark(pane, elsewhere.get(pane.id or "", ""))
            self.query_one(HintBar).hints = hints(self.keymap, self.pane, bool(self._busy))

    def _mark(self, pane: Panel, why: str) -> None:
        name, branch = pane.id or "", self._branch
        dragged = self._preview is not None
        stale = bool(self._busy) or dragged or self._failed
        here = stale and name not in _TIMELESS and not (dragged and name == "timeline")
        if name in _MADE and (made_on := self._branches.get(name, branch)) != branch:
            here, why = True, f"of branch {made_on}"
        pane.mark(here, why)

    def _elsewhere(self) -> dict[str, str]:
        """What the panes say that show another place than the cursor's."""
        if self.shown is None:
            return {}
        found = {}
        if self.looking.code_func is not None and self.shown.code.current < 0:
            found["code"] = say(self.keymap, "not at the cursor: {follow} goes back")
        frame = next((each for each in self.shown.calls.frames if each.selected), None)
        if frame is not None and frame.level:
            found["state"] = f"of frame {frame.level}, {frame.name or frame.funcidx}"
        return found

    def _tell_header(self) -> None:
        if self.shown is None:
            return
        header = self.query_one(HeaderBar)
        if self._preview is not None:
            header.busy = f"to step {self._preview:,}?"
        elif self._failed:
            header.busy = "out of date: what is now can't be shown"
        else:
            header.busy = self._busy
        header.view = replace(self.shown.header, stop="") if header.busy else self.shown.header


def _doing(job: Job) -> str:
    """A few words for the header: the message line has the rest."""
    return f"{'going ' * (job.kind == 'seek')}{job.typed or job.word or job.name} …"
