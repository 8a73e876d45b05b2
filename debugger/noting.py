"""The part of a session that keeps what the user says of steps: marks and notes."""

from __future__ import annotations

from threading import Event

from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.moving import Moving
from debugger.steps import parse_step
from debugger.views import NoteView
from gabagool.history.notes import Note


class Noting(Moving):
    """Marks are letters of steps, notes are texts on them."""

    def set_mark(self, letter: str, step: int | None = None) -> None:
        """Names the cursor's step, or another recorded one, a to z."""
        with self._turn() as (nav, _):
            at = nav.cursor if step is None else step
            if at > self.total:
                raise CommandError(f"step {at:,} is not recorded yet")
            lost = self._marks.set(letter, at)
            if lost is not None:
                nav.recorder.unpin(lost)
            if at == nav.cursor:
                nav.recorder.pin()
            self._noted(Note(at, letter, ""))

    def marks(self) -> tuple[tuple[str, int], ...]:
        return tuple(self._marks.items())

    def note(self, text: str, step: int | None = None) -> int:
        """Writes on the cursor's step, or another recorded one; '' takes the note away. Which."""
        with self._turn() as (nav, _):
            at = nav.cursor if step is None else step
            if at > self.total:
                raise CommandError(f"step {at:,} is not recorded yet")
            self._notes.set(at, text)
            self._noted(Note(at, "", dict(self._notes.items()).get(at, "")))
            return at

    def _noted(self, note: Note) -> None:
        """A mark was set, a note written or (no letter, no text) taken away."""

    def noted(self) -> tuple[NoteView, ...]:
        """Marks and notes by step: what a saved recording is to keep."""
        marks = [NoteView(step, letter, "") for letter, step in self._marks.items()]
        notes = [NoteView(step, "", text) for step, text in self._notes.items()]
        return tuple(sorted([*marks, *notes], key=lambda each: (each.step, each.letter)))

    def goto_mark(self, letter: str, *, cancel: Event | None = None,
                  progress: OnProgress | None = None) -> Arrival:
        """To a marked step."""
        return self.goto(self._marks.step(letter), cancel=cancel, progress=progress)

    def parse_step(self, text: str) -> int:
        """'1234', '1,234', '1k', '1.5M', '50%', '+1k', '-3', '$', 'start', 'end', "'a"."""
        return parse_step(text, self.cursor, self.total, self._marks)
