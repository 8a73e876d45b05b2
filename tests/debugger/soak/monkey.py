"""A monkey at a session: what it does, that the state is right afterwards, and what it did least.

An action is plain data, so that a list of them can be printed, cut down and done again.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from debugger.branches import MAIN
from debugger.commands.registry import Context, execute
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.views import Progress, Value
from tests.debugger.soak.lines import Lines
from tests.debugger.soak.oracle import FromZero
from tests.debugger.soak.shrink import shrinking
from tests.debugger.soak.subjects import Subject

_FARTHEST = 6_000_000       # steps: an edit may have made a loop endless
_LARGEST = 64 << 20         # bytes of memory

# ("line", text, cancel after so many reports of progress or 0), ("look", layout's fields),
# ("refine", layout's fields)
Action = tuple[object, ...]


class Wrong(AssertionError):
    """Something that must not be: an exception, or another state than from zero."""


@dataclass
class Monkey:
    """Does actions in a session, and checks it."""

    session: Session
    zero: FromZero
    layout: Layout = field(default_factory=Layout)
    said: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._context = Context(self.session)

    def do(self, action: Action) -> None:
        """Whatever isn't a CommandError is wrong."""
        kind, what = action[:2]
        try:
            if kind == "line":
                self._run(str(what), int(str(action[2])))
            else:
                self.layout = Layout(**dict(what))  # type: ignore[call-overload]
                if kind == "refine":
                    self.session.refine(self.layout)
            self.said["ok"] += 1
        except CommandError as error:
            self.said["refused"] += 1
            if not str(error).strip():
                raise Wrong("a refusal without a word") from None
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from None

    def _run(self, line: str, reports: int) -> None:
        cancel, told = Event(), 0

        def progress(progress: Progress) -> None:
            nonlocal told
            told += 1
            if told == reports or progress.done > _FARTHEST:
                cancel.set()

        self._context.cancel, self._context.progress = cancel, progress
        result = execute(self._context, line)
        assert isinstance(result.text, str)

    def check(self) -> None:
        """The state shown is the state from zero."""
        try:
            found = self.zero.differs(self.session, self.layout)
        except CommandError as error:
            raise Wrong(f"the screen can't be shown: {error}") from None
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from None
        if found:
            raise Wrong(found)


def invented(random: Random, lines: Lines, session: Session) -> Action:
    """The next action: mostly a command line."""
    if session.branch != MAIN and (session.total > 4 * _FARTHEST or too_large(session)):
        return "line", f"branch {MAIN}", 0
    kind = random.random()
    if kind < 0.88:
        return "line", lines.line(), random.choice((0, 0, 0, 0, 1, 3))
    return "look" if kind < 0.97 else "refine", tuple(_layout(random, session))


def too_large(session: Session) -> bool:
    """Whether an edit has made the program take so much memory that each look takes seconds."""
    return sum(session.memory_sizes()) > _LARGEST


def _layout(random: Random, session: Session) -> Iterator[tuple[str, object]]:
    state = session.state()
    size = next(iter(session.memory_sizes()), 0)
    yield "memory_address", random.choice((0, 0x101e0, 1024, random.randrange(size + 1), size - 3))
    yield "memory_rows", random.randrange(1, 30)
    yield "cells", random.randrange(1, 200)
    if random.random() < 0.3:
        yield "frame", random.randrange(5)
    keys = list(_keys((*state.stack, *state.locals, *state.globals, *state.tables)))
    yield "opened", frozenset(key for key in keys if random.random() < 0.5)
    if random.random() < 0.4:
        first = random.randrange(session.total + 1)
        yield "view", (first, first + random.randrange(1, 5000))


def _keys(values: Sequence[Value]) -> Iterator[tuple[int | str, ...]]:
    for value in values:
        if value.key:
            yield value.key
            yield (*value.key, 0)
        yield from _keys(value.items)


# -- soaking -------------------------------------------------------------------------------------

def soak(subject: Subject, folder: Path, seed: int, count: int) -> Counter[str]:
    """Lets a monkey loose; AssertionError with the seed and the least that it takes to fail."""
    random = Random(f"{subject.name} {seed}")
    done: list[Action] = []
    with subject.session(folder) as session:
        monkey = Monkey(session, FromZero(subject, folder))
        lines = Lines(random, session, folder)
        try:
            while len(done) < count:
                for _ in range(random.choice((1, 1, 2, 5))):
                    done.append(invented(random, lines, session))
                    monkey.do(done[-1])
                monkey.check()
        except Wrong as wrong:
            least = shrunk(subject, folder, done, wrong)
            raise AssertionError(report(subject.name, seed, len(done), wrong, least)) from None
        return monkey.said


def replayed(subject: Subject, folder: Path, actions: Sequence[Action]) -> Wrong | None:
    """Does actions in a new session, looking after each; what was wrong, if anything."""
    with subject.session(folder) as session:
        monkey = Monkey(session, FromZero(subject, folder))
        try:
            for action in actions:
                monkey.do(action)
                monkey.check()
        except Wrong as wrong:
            return wrong
    return None


def shrunk(subject: Subject, folder: Path, actions: list[Action], wrong: Wrong) -> list[Action]:
    """A shorter list of actions that is wrong in the same way."""
    search = shrinking(actions)
    try:
        candidate = next(search)
        while True:
            candidate = search.send(alike(replayed(subject, folder, candidate), wrong))
    except StopIteration as least:
        return list(least.value)


def alike(found: Wrong | None, wrong: Wrong) -> bool:
    """Whether it is the same that is wrong, by the first words."""
    return found is not None and str(found).partition(":")[0] == str(wrong).partition(":")[0]


def report(name: str, seed: int, done: int, wrong: Wrong, least: list[Action]) -> str:
    """What a failed soak tells."""
    written = "\n".join(f"    {action!r}," for action in least)
    return (f"{name}, seed {seed}, action {done}: {wrong}\n"
            f"{len(least)} actions that do it, for `replayed`:\n[\n{written}\n]")
