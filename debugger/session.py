"""A debugging session: the sole owner of a recorded machine, and its only door.

Everything the app, the commands and batch mode do with a program goes through `Session`. It
has no user interface: it takes plain values and gives back frozen views.

All methods may be called from any thread; they take turns (a lock). Only `pause` doesn't wait.
Motions and searches may take long: call them from a worker, with `cancel` and `progress`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from debugger.exchange import Arrival, CommandError, Layout, OnProgress
from debugger.views import BreakView, Screen
from gabagool import FuncType

__all__ = ["Arrival", "CommandError", "Layout", "Session"]


class Session:
    """One program under the debugger. Make it with `Session.open`.

    A module with `_start`, or opened with `invoke`, stands at step 0 at once (`started`).
    Otherwise ask the user for one of `exports_to_choose()` and call `begin(name, args)`.
    """

    program: str                     # file name, as the header shows it
    started: bool
    cursor: int                      # the step the session stands at (property)
    total: int                       # last recorded step (property)
    ended: bool                      # whether `total` is the end of the program (property)

    @classmethod
    def open(cls, path: str | Path, *, invoke: str | None = None, args: Sequence[str] = (),
             dirs: Sequence[str] = (), env: Sequence[str] = (),
             breaks: Sequence[str] = ()) -> Session:
        """Loads a module. `dirs` are 'HOST[::GUEST]', `env` 'K=V', `breaks` breakpoint specs.

        Every fault (missing file, malformed module, missing imports, wrong arguments) is a
        `CommandError` with a text for the user.
        """

    def exports_to_choose(self) -> list[tuple[str, FuncType]]:
        """Functions to start with; empty when the session has started."""

    def begin(self, name: str, args: Sequence[str]) -> None:
        """Starts with the exported function `name`; `args` are texts, checked by type."""

    def screen(self, layout: Layout) -> Screen:
        """Every panel at the cursor. Fast (milliseconds): what would take long (executed counts,
        finely zoomed lanes) is None in it until `refine` has found it out."""

    def refine(self, layout: Layout, *, cancel: Event | None = None) -> bool:
        """Finds out what `screen(layout)` has left None. True: `screen` has something new to
        show. Call it from a low-priority worker after painting; cancel it before a motion."""

    # Motions. Each moves the cursor and returns where it has arrived. None of them raises
    # because history ends: the arrival says so.
    def step(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """n wasm instructions forward."""

    def back(self, n: int = 1, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """n wasm instructions back."""

    # The same signature: over over_back out out_back cont cont_back (n = repeat count).

    def goto(self, step: int, *, cancel: Event | None = None,
             progress: OnProgress | None = None) -> Arrival:
        """To exactly this step; beyond the recorded end it records up to there."""

    # start() end() run_to_end() undo() redo() goto_mark(letter): with cancel, progress.
    # end() goes to the last recorded step; run_to_end() records until the program ends.

    def pause(self) -> None:
        """Makes the running motion stop at once; it returns where it stopped. Any thread."""

    # Breakpoints
    def add_break(self, spec: str) -> BreakView: ...
    def toggle_break(self, instance: int, funcidx: int, offset: int) -> BreakView | None:
        """Sets a breakpoint on an instruction, or deletes the one there (then None)."""
    def delete_break(self, number: int | None = None) -> None:
        """Deletes one, or all."""
    def enable_break(self, number: int | None, enabled: bool) -> None: ...
    def breakpoints(self) -> tuple[BreakView, ...]: ...

    # Marks and places
    def set_mark(self, letter: str, step: int | None = None) -> None: ...
    def marks(self) -> tuple[tuple[str, int], ...]: ...
    def parse_step(self, text: str) -> int:
        """'1234', '1,234', '1k', '1.5M', '50%', '+1k', '-3', '$', 'start', 'end', "'a"."""

    # Looking
    def select_frame(self, level: int) -> None: ...
    def read_memory(self, index: int, address: int, size: int) -> bytes: ...
    def functions(self) -> tuple[tuple[int, int, str, str], ...]:
        """(instance, funcidx, name, signature) of every function, for palette and lists."""
    def close(self) -> None: ...
