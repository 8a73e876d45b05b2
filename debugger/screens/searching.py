"""The part of the screen that searches memory and shows it as numbers."""

from __future__ import annotations

from textual import on

from debugger.commands.registry import Context, Result
from debugger.screens import face
from debugger.screens.driver import Outcome
from debugger.screens.edits import Edits
from debugger.widgets.memory import Memory


class Searching(Edits):
    """`/` and `;`, and the memory pane's views."""

    _searched = ""        # what was searched last

    def do_find(self, _count: str) -> None:
        """`/`: as the command line does it, so that the list goes into the log."""
        self.ask("find", "find ", self._find, hint='"text"  i32 5  {double}1.5  de ad be ef')

    def _find(self, text: str) -> None:
        self._searched = text
        memory = self.looking.memory
        self.command(f"find memory {memory}: {text}" if memory else f"find {text}")

    def do_next_found(self, _count: str) -> None:
        """`;`: the next place after the selected byte, around the end."""
        if not self._searched:
            self.message_bar.say('nothing has been searched: / "text"', fault=True)
            return
        here, memory = self.query_one(Memory).selected, self.looking.memory

        def work(context: Context) -> Result:
            found = context.session.find(self._searched, memory).addresses
            if not found:
                return Result(f"{self._searched} is not in memory now")
            at = next((i for i, address in enumerate(found) if address > here), 0)
            return Result(f"{self._searched}: {at + 1:,} of {len(found):,}, at 0x{found[at]:x}",
                          {"address": found[at], "memory": memory})

        self.submit("motion", "find", work)

    def job_done(self, outcome: Outcome) -> None:
        """What was found is shown."""
        super().job_done(outcome)
        data = {} if outcome.result is None else outcome.result.data
        addresses = data.get("addresses")
        address = data.get("address")
        if isinstance(addresses, list) and addresses:
            here = self.query_one(Memory).selected
            address = next((each for each in addresses if each >= here), addresses[0])
        if isinstance(address, int) and isinstance(number := data.get("memory"), int):
            self.looking.memory = number
            self.query_one(Memory).show_address(address)
            if "log" not in self.tiling.group_of("memory"):
                self.tiling.open("memory")
            else:
                self.open_pane("memory")

    def do_memory_kind(self, _count: str) -> None:
        """`x`"""
        self.query_one(Memory).next_kind()

    def do_memory_kind_back(self, _count: str) -> None:
        """`X`"""
        self.query_one(Memory).next_kind(-1)

    def do_show_heat(self, _count: str) -> None:
        """`h`"""
        self.query_one(Memory).next_heat()
        self.open_pane("memory")

    @on(Memory.Rearranged)
    def _rearranged(self) -> None:
        memory = self.query_one(Memory)
        self.looking.heat = bool(memory.heat)
        if memory.view is not None and memory.view.memories:
            self.tiling.fit_memory(memory.wanted_width + 2)
        self.look()

    def do_undo(self, count: str) -> None:
        """`u`; in the memory pane first of all back from the pointers that were followed."""
        if self.pane == "memory" and self.query_one(Memory).back():
            return
        self.act(face.action("undo"), count)

    @on(Memory.Astray)
    def _astray(self, message: Memory.Astray) -> None:
        self.message_bar.say(f"0x{message.target:x} at 0x{message.address:x} is no pointer: it "
                             "leads out of the memory", fault=True)
