"""The part of the screen that asks what if: edits of what is selected, and branches."""

from __future__ import annotations

from functools import partial

from debugger.commands.registry import Result
from debugger.screens import face
from debugger.screens.driver import Outcome
from debugger.screens.writes import Writes
from debugger.values import short_value
from debugger.widgets.memory import Memory
from debugger.widgets.prompt import Prompt
from debugger.widgets.state import State


class Edits(Writes):
    """`e`, and what becomes visible by it."""

    def do_edit(self, count: str) -> None:
        """`e`: another value for the selected local, global or operand, or for a byte of memory
        (`4e`: for four)."""
        where, value = self._edited(count)
        if where:
            self.ask("edit", f"{where} = ", partial(self._edit, where),
                     hint='42  0x2a  $n + 1  1.5  "text"')  # fmt: skip
            self.query_one(Prompt).fill(value)

    def do_compare(self, _count: str) -> None:
        """`Y`: what it has to say is long, so it goes into the log."""
        self.command("compare")

    def _edit(self, where: str, value: str) -> None:
        self.act(face.action("edit"), f"{where} = {value}")

    def _edited(self, count: str) -> tuple[str, str]:
        """What is selected, as an edit names it, and its value now; ('', '') if nothing is."""
        state, memory = self.query_one(State), self.query_one(Memory)
        section, index = state.selected_place
        if self.pane == "state" and section == "stack" and state.view is not None:
            return f"stack({index})", short_value(state.view.stack[index].text)
        where = self._location(count)
        if not where or self.pane == "memory" or memory.view is None:
            return where, self._bytes_now(memory, int(count or 1)) if where else ""
        if self.pane == "state" and state.view is not None:
            values = state.view.locals if section == "locals" else state.view.globals
            return where, short_value(values[index].text)
        return where, ""

    @staticmethod
    def _bytes_now(memory: Memory, count: int) -> str:
        """The selected bytes as the number they are, where they are in sight."""
        view = memory.view
        at = -1 if view is None else memory.selected - view.address
        data = view.data[at:at + count] if view is not None and at >= 0 else b""
        return str(int.from_bytes(data, "little")) if len(data) == count in (1, 2, 4, 8) else ""

    def job_done(self, outcome: Outcome) -> None:
        """The first branch is shown where branches are listed, where that hides no values."""
        result: Result | None = outcome.result
        if result is not None and result.arrival is not None and result.arrival.reason == "edit" \
                and "state" not in self.tiling.group_of("notes"):
            self.tiling.open("notes")
        super().job_done(outcome)
