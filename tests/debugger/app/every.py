"""One case for every action: what performs it, by each of its keys or by the palette, and what
must have come of it. The cases stand in `every_*.py`; `test_app_every.py` runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual import events
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from debugger.commands.registry import Action, Context, Result
from debugger.screens.face import action
from debugger.screens.help import HelpScreen
from debugger.session import Session
from debugger.widgets.log import Log
from tests.debugger.app.driving import PROGRAMS, Driven
from tests.debugger.sessions import OBJECTS, VECTORS, opened

PALETTE = "palette"
TWO_MEMORIES = """(module (memory (export "a") 1) (memory (export "b") 1)
  (func (export "go") (i32.store8 1 (i32.const 3) (i32.const 7))))"""

# What the cases run on, by name.
STAGES: dict[str, Callable[[Path], Session]] = {
    "corruption": lambda _: Session.open(PROGRAMS / "corruption.wasm"),
    "climb": lambda _: Session.open(PROGRAMS / "stair_climb.wasm", invoke="stair_climb",
                                    args=["20"]),
    "orders": lambda _: Session.open(PROGRAMS / "orders.wasm", invoke="run", args=["2"]),
    "objects": lambda folder: opened(folder, OBJECTS, invoke="run", args=["3"]),
    "vectors": lambda folder: opened(folder, VECTORS, invoke="mix", args=["3"]),
    "memories": lambda folder: opened(folder, TWO_MEMORIES, invoke="go"),
}


class Player(Driven):
    """Performs the action of a case, by one of the means there are."""

    def __init__(self, it: Driven, id_: str, means: str, folder: Path) -> None:
        super().__init__(it.pilot)
        self.folder = folder
        self._action: Action = action(id_)
        self._means = means
        self.performed: list[str] = []
        main = self.main
        perform, choose = type(main).action_perform, type(main).choose
        main.action_perform = lambda id_: (  # type: ignore[method-assign]
            self.performed.append(id_), perform(main, id_))[1]
        main.choose = lambda action: (  # type: ignore[method-assign]
            self.performed.append(action.id), choose(main, action))[1]

    async def do(self, answer: str | None = None) -> None:
        """The action; `answer` goes to the question that it asks."""
        if self._means == PALETTE:
            await self._choose()
        else:
            await self.pilot.press(self._means)
        if answer is not None:
            self.app.post_message(events.Paste(answer))
            await self.pilot.pause()
            if self.main.tiling.prompting:
                await self.pilot.press("enter")
        await self.rest()

    async def _choose(self) -> None:
        """By the palette: its help as the search, the first of what is found."""
        title = self._action.help[:1].upper() + self._action.help[1:]
        await self.pilot.press("ctrl+p")
        await self.until("a palette", lambda: isinstance(self.app.screen, CommandPalette))
        self.app.screen.query_one(Input).value = title

        def found() -> bool:
            options = self.app.screen.query_one(OptionList)
            return bool(options.option_count) and title in str(
                options.get_option_at_index(0).prompt)

        await self.until(f"'{title}' in the palette", found)
        await self.pilot.press("enter")
        await self.until("no palette", lambda: not isinstance(self.app.screen, CommandPalette))
        await self.pilot.pause()

    async def begin(self) -> None:
        """As nothing had happened: no breakpoints, no questions, the start of main."""
        while len(self.app.screen_stack) > self.app.screen_stack.index(self.main) + 1:
            self.app.pop_screen()
        await self.pilot.press("escape", "escape")
        if self.main.tiling.maximised:
            self.main.tiling.maximise("")
        self.main.looking.viewport = None
        self.main.open_pane("code")
        self.main.submit("motion", "begin", _begin)
        await self.rest()

    async def type(self, text: str) -> None:
        """A command line, pasted."""
        await self.pilot.press("colon")
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()
        await self.pilot.press("enter")
        await self.rest()

    @property
    def log(self) -> str:
        """All that the log shows."""
        return "\n".join(text for _, text in self.pane(Log)._rows)

    @property
    def screen_is_help(self) -> bool:
        return isinstance(self.app.screen, HelpScreen)


def _begin(context: Context) -> Result:
    session = context.session
    session.delete_break(None)
    session.switch("main")
    session.step_by("instruction")
    return Result(arrival=session.start())


@dataclass(frozen=True)
class Case:
    """`play` sets the stage, lets the action be done, and asserts what has come of it."""

    id: str
    stage: str
    play: Callable[[Player], Awaitable[None]]

    def means(self) -> tuple[str, ...]:
        """Every key of the action; of one without keys, the palette."""
        return action(self.id).keys or (PALETTE,)


CASES: dict[str, Case] = {}


def case(id_: str, stage: str = "corruption") -> Callable[[Callable[[Player], Awaitable[None]]],
                                                          Callable[[Player], Awaitable[None]]]:
    """Registers a case."""
    def register(play: Callable[[Player], Awaitable[None]]
                 ) -> Callable[[Player], Awaitable[None]]:
        assert id_ not in CASES, f"{id_} has two cases"
        CASES[id_] = Case(id_, stage, play)
        return play
    return register
