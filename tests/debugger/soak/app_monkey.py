"""A monkey at the app: keys, typed commands, the mouse, other sizes of the terminal."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from textual import events
from textual.widget import Widget

from debugger.branches import MAIN
from debugger.exchange import CommandError
from debugger.screens.driver import Outcome
from debugger.screens.face import all_actions
from debugger.widgets.breaks import Breaks
from debugger.widgets.calls import Calls
from debugger.widgets.code import Code
from debugger.widgets.memory import Memory
from debugger.widgets.output import Output
from debugger.widgets.state import State
from debugger.widgets.timeline import Timeline
from tests.debugger.app.driving import Driven, driven
from tests.debugger.soak.lines import Lines
from tests.debugger.soak.monkey import Action, Wrong, alike, report, too_large
from tests.debugger.soak.oracle import FromZero, unlike
from tests.debugger.soak.shrink import shrinking
from tests.debugger.soak.subjects import Subject

_QUIT = {"q", "ctrl+q"}
_KEYS = sorted({key for action in all_actions() for key in action.keys} - _QUIT)
_MOVES = ("up", "down", "left", "right", "pageup", "pagedown", "ctrl+home", "ctrl+end", "enter",
          "enter", "shift+left", "shift+right", "backspace", "tab", "shift+tab")
_SIZES = ((120, 40), (80, 24), (59, 15), (60, 16), (200, 60), (81, 23), (30, 5))
_WHEEL = {True: events.MouseScrollDown, False: events.MouseScrollUp}
_HURRY = 2.0            # seconds after which Esc ends what runs: an edit may have made it endless
_PATIENCE = 25.0
_QUIET = 0.09           # seconds: longer than the wait before details are looked up
_LONGEST = 20_000_000   # steps of a branch


class AppMonkey:
    """Does actions in a running app, and checks it."""

    def __init__(self, it: Driven, zero: FromZero) -> None:
        self._it = it
        self._zero = zero
        self._faults: list[str] = []
        self.said: Counter[str] = Counter()
        it.app.exit = lambda *_args, **_more: None  # type: ignore[method-assign]
        done = it.main.driver._done

        def watched(outcome: Outcome) -> None:
            self.said["refused" if outcome.fault else "ok"] += 1
            if outcome.trace:
                self._faults.append(outcome.trace)
            done(outcome)

        it.main.driver._done = watched

    # -- doing -------------------------------------------------------------------------------

    async def do(self, action: Action) -> None:
        """An action's name is the name of a method here."""
        try:
            await getattr(self, f"_{action[0]}")(*action[1:])
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from None

    async def _key(self, key: str) -> None:
        await self._it.pilot.press(key)

    async def _type(self, opener: str, text: str) -> None:
        """A question's key, an answer pasted, Enter."""
        await self._it.pilot.press(opener)
        self._it.app.post_message(events.Paste(text))
        await self._it.pilot.pause()
        await self._it.pilot.press("enter")

    async def _click(self, x: float, y: float) -> None:
        await self._it.pilot.click(offset=self._at(x, y))

    async def _drag(self, x: float, y: float, to_x: float, to_y: float) -> None:
        pilot = self._it.pilot
        await pilot.mouse_down(offset=self._at(x, y))
        for part in (0.3, 0.7, 1):
            at = self._at(x + (to_x - x) * part, y + (to_y - y) * part)
            await pilot._post_mouse_events([events.MouseMove], offset=at, button=1)
        await pilot.mouse_up(offset=self._at(to_x, to_y))

    async def _wheel(self, x: float, y: float, down: bool, control: bool) -> None:
        await self._it.pilot._post_mouse_events([_WHEEL[down]], offset=self._at(x, y),
                                                control=control)

    async def _resize(self, width: int, height: int) -> None:
        await self._it.pilot.resize_terminal(width, height)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        size = self._it.app.size
        return min(int(x * size.width), size.width - 1), min(int(y * size.height), size.height - 1)

    # -- checking ----------------------------------------------------------------------------

    async def rest(self) -> None:
        """Until nothing runs; what takes too long is ended as a user would."""
        start = time.monotonic()
        quiet = start
        while time.monotonic() - quiet < _QUIET:
            await self._it.pilot.pause(0.02)
            now, main = time.monotonic(), self._it.main
            if not main.driver.idle or self._it.pane(Timeline)._rest is not None:
                quiet = now
            if now - start > _PATIENCE:
                raise Wrong("the app doesn't come to rest")
            if now - start > _HURRY and not main.driver.idle:
                await self._it.pilot.press("escape")
                await asyncio.sleep(0.1)
                quiet = time.monotonic()

    def check(self) -> None:
        """No exception, and every pane shows the state from zero."""
        if self._it.app._exception is not None:
            raise Wrong("".join(traceback.format_exception(self._it.app._exception)))
        if self._faults:
            raise Wrong(self._faults[0])
        main = self._it.main
        assert main.shown is not None
        try:
            found = self._stale() or self._zero.misshown(main.session, main.layout_wanted(),
                                                         main.shown)
        except CommandError as error:
            raise Wrong(f"the screen can't be shown: {error}") from None
        except Exception as error:
            raise Wrong(f"{type(error).__name__}: {error}\n{traceback.format_exc()}") from None
        if found:
            raise Wrong(found)

    def _stale(self) -> str:
        """Which pane has another view than the screen."""
        shown = self._it.main.shown
        assert shown is not None
        panes: list[tuple[type[Widget], object]] = [
            (Code, shown.code), (State, shown.state), (Calls, shown.calls), (Breaks, shown.breaks),
            (Memory, shown.memory), (Output, shown.output), (Timeline, shown.timeline)]
        return next((f"the {kind.__name__} pane: {found}" for kind, view in panes
                     if (found := unlike(getattr(self._it.pane(kind), "view", None), view))), "")


def invented(random: Random, lines: Lines, it: Driven) -> Action:
    """The next action."""
    session = it.main.session
    if session.branch != MAIN and (session.total > _LONGEST or too_large(session)):
        return "type", "colon", f"branch {MAIN}"
    kind = random.random()
    if kind < 0.45:
        return "key", random.choice(_KEYS)
    if kind < 0.6:
        return "key", random.choice((*_MOVES, *"123456789abz "))
    if kind < 0.78:
        return "type", "colon", _typeable(lines.line())
    if kind < 0.83:
        opener, usage = random.choice((("g", "STEP"), ("at", "EXPRESSION"), ("slash", "TEXT"),
                                       ("i", "TEXT"), ("e", "VALUE"), ("B", "CONDITION")))
        return "type", opener, _typeable(lines.arguments(usage))
    where = random.random(), random.random()
    if kind < 0.91:
        return "click", *where
    if kind < 0.94:
        return "drag", *where, random.random(), random.random()
    if kind < 0.97:
        return "wheel", *where, random.random() < 0.5, random.random() < 0.3
    return "resize", *random.choice(_SIZES)


def _typeable(text: str) -> str:
    return "".join(c for c in text if c.isprintable()) or "x"


# -- soaking -------------------------------------------------------------------------------------

@asynccontextmanager
async def _let_in(subject: Subject, folder: Path) -> AsyncIterator[tuple[Driven, AppMonkey]]:
    with subject.session(folder) as session:
        async with driven(session) as it:
            yield it, AppMonkey(it, FromZero(subject, folder))


async def soak(subject: Subject, folder: Path, seed: int, count: int) -> Counter[str]:
    """Lets a monkey loose; AssertionError with the seed and the least that it takes to fail."""
    random = Random(f"app {subject.name} {seed}")
    done: list[Action] = []
    wrong: Wrong | None = None
    said: Counter[str] = Counter()
    async with _let_in(subject, folder) as (it, monkey):
        lines = Lines(random, it.main.session, folder)
        said = monkey.said
        try:
            while len(done) < count:
                for _ in range(random.choice((1, 2, 4, 8))):
                    done.append(invented(random, lines, it))
                    await monkey.do(done[-1])
                await monkey.rest()
                monkey.check()
        except Wrong as found:
            wrong = found
            it.app._exception = None
    if wrong is None:
        return said
    search = shrinking(done)
    try:
        candidate = next(search)
        while True:
            found = await replayed(subject, folder, candidate)
            candidate = search.send(alike(found, wrong))
    except StopIteration as least:
        raise AssertionError(report(subject.name, seed, len(done), wrong, least.value)) from None


async def replayed(subject: Subject, folder: Path, actions: Sequence[Action]) -> Wrong | None:
    """Does actions in a new app, looking after each; what was wrong, if anything."""
    async with _let_in(subject, folder) as (it, monkey):
        try:
            for action in actions:
                await monkey.do(action)
                await monkey.rest()
                monkey.check()
        except Wrong as wrong:
            it.app._exception = None
            return wrong
    return None
