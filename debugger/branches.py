"""Branches: recordings that share what came before an edit, each with all that is shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from debugger.breakpoints import Breakpoints
from debugger.calltree import CallTree
from debugger.exchange import CommandError
from debugger.hitlist import HitList
from debugger.marks import Marks, Notes, Trail
from debugger.navigator import Navigator
from debugger.panels import Panels
from debugger.symbols import Symbols
from debugger.targets import Targets
from debugger.views import BranchView
from gabagool import Machine
from gabagool.history.recorder import Recorder

MAIN = "main"
_MOST = 64


@dataclass
class Branch:
    """One recording. `edit` says what was changed at its fork, '' for main; `cursor` is where
    the cursor stood when it was left."""

    name: str
    recorder: Recorder
    panels: Panels
    nav: Navigator
    targets: Targets
    hits: HitList
    tree: CallTree
    marks: Marks
    notes: Notes
    edit: str = ""
    parent: str = ""
    cursor: int = 0
    trail: Trail = field(default_factory=Trail)


def made(name: str, machine: Machine, recorder: Recorder, symbols: Symbols, points: Breakpoints,
         entry: tuple[int, int], marks: Marks, notes: Notes) -> Branch:
    """A branch with all that looks at its recording."""
    nav = Navigator(machine, recorder, points)
    panels = Panels(machine, recorder, symbols, points, entry, lambda: nav.stops)
    return Branch(name, recorder, panels, nav,
                  Targets(machine, recorder, symbols, panels.read_memory),
                  HitList(recorder, symbols),
                  CallTree(machine, recorder, symbols, panels.state), marks, notes)


class Branches:
    """By name, in the order in which they were made; `current` is the active one."""

    def __init__(self, main: Branch) -> None:
        self.current = main
        self._made = 0
        self._by_name = {main.name: main}

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Branch]:
        return iter(self._by_name.values())

    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def get(self, name: str) -> Branch:
        if name not in self._by_name:
            raise CommandError(f"there is no branch '{name}' (branches: "
                               f"{', '.join(self._by_name)})")
        return self._by_name[name]

    def new_name(self) -> str:
        """b1, b2 …; CommandError if there are too many."""
        if len(self) >= _MOST:
            raise CommandError(f"there are {_MOST} branches: branch-delete NAME makes room")
        while True:
            self._made += 1
            if f"b{self._made}" not in self._by_name:
                return f"b{self._made}"

    def add(self, branch: Branch) -> None:
        self._by_name[branch.name] = branch

    def delete(self, name: str) -> None:
        branch = self.get(name)
        if name == MAIN:
            raise CommandError("main is what has really happened: it stays")
        if branch is self.current:
            raise CommandError(f"{name} is what you are looking at: switch to another one first")
        for other in self._by_name.values():
            if other.parent == name:
                other.parent = branch.parent
        del self._by_name[name]

    def after(self, name: str) -> str:
        """The next one's name, main after the last."""
        names = self.names()
        return names[(names.index(name) + 1) % len(names)]

    def views(self) -> tuple[BranchView, ...]:
        return tuple(self._view(branch) for branch in self._by_name.values())

    def _view(self, branch: Branch) -> BranchView:
        recorder, offers = branch.recorder, branch.recorder.journal.offers
        world = recorder.journal.world
        fork = recorder.fork if branch.parent else 0
        return BranchView(branch.name, branch is self.current, branch.parent, fork, branch.edit,
                          recorder.total, recorder.ended is not None,
                          offers.taken if offers else 0,
                          offers.differs if offers else None,
                          world is not None and world.own_files,
                          world is None or world.exact)


def forked_at(one: Recorder, other: Recorder) -> int:
    """The step before which two recordings of a program are the same one."""
    upto: dict[int, int] = {}
    recorder: Recorder | None = one
    limit = one.total + 1
    while recorder is not None:
        upto[id(recorder)] = limit
        limit, recorder = min(limit, recorder.fork), recorder.before
    recorder, limit = other, other.total + 1
    while recorder is not None:
        if id(recorder) in upto:
            return min(limit, upto[id(recorder)])
        limit, recorder = min(limit, recorder.fork), recorder.before
    return 0
