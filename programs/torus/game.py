"""The game as a machine: it stands in `life.wait` whenever nobody wants anything of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from gabagool import (
    I32,
    Caller,
    Func,
    FuncType,
    Interrupted,
    Linker,
    Machine,
    Module,
    Store,
    resume,
    suspend,
)

PROGRAM = Path(__file__).parents[2] / "programs" / "torus.wasm"
MOST = 256                # cells in each direction
_FOREVER = 1 << 62
_WAIT = FuncType((I32, I32, I32, I32), (I32,))


class Event(IntEnum):
    """What `life.wait` tells the program, in the top byte of its result."""

    STEP = 0
    TOGGLE = 1
    CLEAR = 2
    SCATTER = 3
    MIRROR = 4
    QUIT = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """A torus of cells: each is its age in generations, 0 for none; row after row."""

    width: int
    height: int
    generation: int
    cells: bytes

    @property
    def alive(self) -> int:
        return len(self.cells) - self.cells.count(0)

    def age(self, x: int, y: int) -> int:
        return self.cells[y % self.height * self.width + x % self.width]


class Game:
    """A running program; make it with `begin` or `load`."""

    def __init__(self) -> None:
        self._event: int | None = None
        self.picture = Picture(0, 0, 0, b"")
        self.machine: Machine

    @classmethod
    def begin(cls, width: int, height: int) -> Game:
        """A new game on a torus of so many cells."""
        game, store = cls(), Store()
        linker = Linker(store)
        game._define(linker)
        func = linker.instantiate(Module.from_file(PROGRAM)).exports(store)["run"]
        assert isinstance(func, Func)
        game.machine = func.start(store, width, height)
        game._run()
        return game

    @classmethod
    def load(cls, path: Path) -> Game:
        """The game in a snapshot file, where it stood. Raises OSError or SnapshotError."""
        game = cls()
        game.machine = resume(path, define=game._define).machine
        game._run()
        return game

    def save(self, path: Path) -> int:
        """Write the game to a snapshot file, module included; its size in bytes."""
        return suspend(self.machine, path, program="torus.wasm", entry="run")

    def send(self, event: Event, value: int = 0) -> None:
        """Let the program do one thing; it then waits again."""
        self._event = event << 24 | value
        self._run()

    def toggle(self, x: int, y: int) -> None:
        self.send(Event.TOGGLE, y % self.picture.height << 12 | x % self.picture.width)

    def _define(self, linker: Linker) -> None:
        linker.define_func("life", "wait", _WAIT, self._wait, access_caller=True)

    def _wait(self, caller: Caller, cells: int, width: int, height: int, generation: int) -> int:
        """The program's only way out. Without an event it stays in this call."""
        event, self._event = self._event, None
        if event is None:
            self.picture = Picture(width, height, generation,
                                   caller.memory.read(cells, width * height))
            raise Interrupted
        return event

    def _run(self) -> None:
        self.machine.run(_FOREVER)
