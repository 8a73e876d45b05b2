"""The part of a session that asks what if: edits, and the branches that they start."""

from __future__ import annotations

from threading import Event

from debugger.branches import MAIN, Branch, Branches, forked_at, made
from debugger.calltree import CallTree
from debugger.comparison import Comparison, compared
from debugger.edit import Editing
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.pointing import Pointing
from debugger.run import Run
from debugger.steps import grouped
from debugger.symbols import Symbols
from debugger.views import BranchView
from gabagool import GabagoolError
from gabagool.wasi import INPUTS


class Branching(Pointing):
    """An edit starts a branch at the cursor; both histories are kept, and one is current."""

    _tree: CallTree
    _branches: Branches | None = None
    _undone: str = ""          # the branch whose edit was undone last
    _entry_place: tuple[int, int] = (0, 0)

    def _begin_main(self, branch: Branch) -> None:
        self._branches = Branches(branch)
        self._take(branch)

    def _all(self) -> Branches:
        if self._branches is None:
            raise CommandError("the program has not been started")
        return self._branches

    def _take(self, branch: Branch) -> None:
        """This branch is what the session shows and moves."""
        branches = self._all()
        before, branches.current = branches.current, branch
        self._nav, self._panels = branch.nav, branch.panels
        self._targets, self._hits, self._tree = branch.targets, branch.hits, branch.tree
        self._marks, self._notes, self._trail = branch.marks, branch.notes, branch.trail
        self.frame = 0
        if before is branch:
            return
        # Values stand out where they are unlike what was shown last, that of the other branch.
        branch.panels.state.follow(before.panels.state)
        shared = forked_at(before.recorder, branch.recorder)
        for point in self._points:
            point.found = None
            life = point.target.life if point.target else None
            if life is not None and not life.moved(branch.recorder, shared):
                point.enabled = False

    # -- edits -------------------------------------------------------------------------------

    def edit(self, text: str) -> Arrival:
        """`LOCATION = VALUE` at the cursor, in the selected frame: a branch starts here.

        Where the cursor stands on a fork that nothing has followed yet, that branch is changed
        further instead.
        """
        with self._turn() as (nav, panels):
            branches, parent = self._all(), self._all().current
            if nav.at_end:
                raise CommandError("the program has ended here: go back a step, then edit")
            try:
                asked = Editing(nav.machine, panels, self._level_shown(nav)).parse(text)
            except GabagoolError as error:
                raise CommandError(str(error)) from error
            further = bool(parent.edit) and parent.recorder.total == parent.recorder.fork
            name = parent.name if further else branches.new_name()
            parent.cursor, frame = nav.cursor, self.frame
            try:
                recorder = parent.recorder.branch(asked.changes, INPUTS)
            except GabagoolError as error:
                raise CommandError(str(error)) from error
            branch = made(name, nav.machine, recorder, self._symbols(), self._points,
                          self._entry_place, parent.marks.until(nav.cursor),
                          parent.notes.until(nav.cursor))
            branch.edit = f"{parent.edit}, {asked.label}" if further else asked.label
            branch.parent = parent.parent if further else parent.name
            branches.add(branch)
            self._undone = ""
            self._take(branch)
            self.frame = frame
            self._branches_changed()
            self.last = Arrival(nav.cursor, "edit",
                                f"branch {name} at step {grouped(nav.cursor)}: {asked.label}")
            return self.last

    def _symbols(self) -> Symbols:
        raise NotImplementedError

    def _branches_changed(self) -> None:
        """One was made or forgotten."""

    # -- branches ----------------------------------------------------------------------------

    @property
    def branch(self) -> str:
        """The name of the current one."""
        return self._all().current.name

    def branches(self) -> tuple[BranchView, ...]:
        with self._turn():
            return self._all().views()

    def switch(self, name: str | None = None, *, cancel: Event | None = None,
               progress: OnProgress | None = None) -> Arrival:
        """To another branch, None for the next one: to the same step where what led there is
        the same, else to where its cursor was."""
        with self._turn() as (nav, _):
            branches = self._all()
            if name is None and len(branches) == 1:
                raise CommandError("there is only main: an edit (e, or set) starts a branch")
            target = branches.get(branches.after(branches.current.name) if name is None else name)
            if target is branches.current:
                return Arrival(nav.cursor, "step", f"this is branch {target.name}")
            here = nav.cursor
            shared = here < forked_at(branches.current.recorder, target.recorder)
            return self._go(target, here if shared else target.cursor, cancel, progress)

    def _go(self, target: Branch, step: int, cancel: Event | None,
            progress: OnProgress | None) -> Arrival:
        branches = self._all()
        branches.current.cursor = branches.current.nav.cursor
        target.recorder.activate()
        self._take(target)
        target.nav.begin()
        run = Run("go to step", cancel or Event(), progress)
        reason = target.nav.to_step(min(step, target.recorder.total), run)
        self.last = Arrival(target.nav.cursor, reason,
                            f"branch {target.name}, step {grouped(target.nav.cursor)}"
                            f"{f': {target.edit}' if target.edit else ''}")
        return self.last

    def delete_branch(self, name: str) -> None:
        """Forgets a branch that isn't current."""
        with self._turn():
            self._all().delete(name)
            self._undone = ""
            self._branches_changed()

    def undo(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To where the cursor was before it last moved; before an edit, on the branch it left."""
        with self._turn() as (nav, _):
            branch = self._all().current
            if branch.edit and not branch.trail.past and nav.cursor == branch.recorder.fork:
                parent = self._all().get(branch.parent)
                arrival = self._go(parent, nav.cursor, cancel, progress)
                self._undone = branch.name
                return arrival
            return super().undo(cancel=cancel, progress=progress)

    def redo(self, *, cancel: Event | None = None, progress: OnProgress | None = None) -> Arrival:
        """To where the cursor was before the last undo."""
        with self._turn() as (nav, _):
            branches = self._all()
            if self._undone in branches.names() and not branches.current.trail.future:
                target, self._undone = branches.get(self._undone), ""
                if (target.parent, target.recorder.fork) == (branches.current.name, nav.cursor):
                    return self._go(target, nav.cursor, cancel, progress)
            return super().redo(cancel=cancel, progress=progress)

    # -- comparing ---------------------------------------------------------------------------

    def compare(self, name: str | None = None, step: int | None = None, *,
                cancel: Event | None = None, progress: OnProgress | None = None) -> Comparison:
        """The current branch against another (by default the one it left): the first host call
        that differs, how they end, and the state at a step of both.

        Without a step, the state at the cursor's if both have it, else at their ends.
        """
        with self._turn() as (nav, _):
            branches = self._all()
            ours = branches.current
            name = name or ours.parent or next((n for n in branches.names() if n != MAIN), "")
            if not name or name == ours.name:
                raise CommandError("there is nothing to compare with: an edit starts a branch"
                                   if len(branches) == 1 else "name another branch to compare with")
            other = branches.get(name)
            run = Run("compare", cancel or Event(), progress)
            return compared(ours, other, nav.cursor if step is None else step, step is not None,
                            self._entry_type, run)
