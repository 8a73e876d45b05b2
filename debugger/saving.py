"""The part of a session that keeps it in files: recordings with their branches, marks and notes.

What was opened from a recording's file is kept there as it is made, so that a debugger that is
killed loses none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from debugger.branches import MAIN, Branch, made
from debugger.branching import Branching
from debugger.exchange import CommandError, file_fault
from debugger.marks import Marks, Notes
from debugger.noting import Noting
from debugger.program import Program
from debugger.recorded import Recorded
from gabagool import SnapshotError
from gabagool.api.recordings import save_recording
from gabagool.history.family import Branch as SavedBranch
from gabagool.history.notes import Note


class Saving(Noting, Branching):
    """Writes recordings, and takes over what one was saved with."""

    unkept = ""                 # why marks and notes can't be kept in the file, '' if they are
    _program: Program | Recorded
    _entry: str = ""

    def save(self, path: str | Path) -> int:
        """Writes all that is recorded, branches too, to a file, which `open` opens; its size in
        bytes."""
        with self._turn() as (nav, _):
            main = self._all().get(MAIN)
            try:
                return save_recording(main.recorder, nav.machine, path,
                                      program=self._program.path.name, entry=self._entry,
                                      about=self._program.about, written=_written(main),
                                      branches=self._to_save())
            except (OSError, ValueError) as error:      # ValueError: no file has such a name
                raise CommandError(f"can't write {path}: {file_fault(error)}") from None
            except SnapshotError as error:
                raise CommandError(f"can't save this: {error}") from None

    def _to_save(self) -> tuple[SavedBranch, ...]:
        return tuple(SavedBranch(branch.name, branch.edit, branch.recorder, _written(branch))
                     for branch in self._all() if branch.name != MAIN)

    # -- opened from a file ------------------------------------------------------------------

    def _take_saved(self, saved: Recorded) -> None:
        """Marks, notes and branches of a file."""
        main = self._all().get(MAIN)
        _take_notes(main, saved.notes)
        names = {id(main.recorder): MAIN} | {
            id(each.recorder): each.name for each in saved.branches}
        for each in saved.branches:
            branch = made(each.name, saved.machine, each.recorder, self._symbols(), self._points,
                          self._entry_place, Marks(), Notes())
            before = each.recorder.before
            while before is not None and id(before) not in names:
                before = before.before
            branch.edit, branch.parent = each.label, names[id(before)]
            branch.cursor = each.recorder.fork
            _take_notes(branch, each.written)
            self._all().add(branch)

    def _noted(self, note: Note) -> None:
        if isinstance(self._program, Recorded):
            self._tried(lambda kept: kept.keep_note(note, self._all().current.recorder))

    def _branches_changed(self) -> None:
        if isinstance(self._program, Recorded):
            self._tried(lambda kept: kept.keep_branches(self._to_save()))

    def _keep_all(self) -> None:
        """The file of a program that has gone on is made whole."""
        if isinstance(self._program, Recorded) and self._branches is not None:
            self._tried(lambda kept: kept.finish(_written(self._all().get(MAIN)),
                                                 self._to_save()))

    def _tried(self, keep: Callable[[Recorded], None]) -> None:
        """Failing to write is no error of what was to be kept."""
        assert isinstance(self._program, Recorded)
        try:
            keep(self._program)
            self.unkept = ""
        except OSError as error:
            self.unkept = f"not kept in {self._program.path}: {error.strerror or error}"
        except SnapshotError as error:
            self.unkept = f"not kept: {error}"


def _written(branch: Branch) -> list[Note]:
    """A branch's marks and notes, by step."""
    marks = [Note(step, letter, "") for letter, step in branch.marks.items()]
    return sorted([*marks, *(Note(step, "", text) for step, text in branch.notes.items())])


def _take_notes(branch: Branch, written: Sequence[Note]) -> None:
    branch.notes.restore((note.step, note.text) for note in written if not note.letter)
    for note in written:
        if note.letter:
            branch.marks.set(note.letter, note.step)
