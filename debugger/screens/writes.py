"""Watching, conditions and histories: what `w`, `W`, `v`, `B`, `P` and Space are about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on

from debugger.answers import HitsView
from debugger.breakpoints import ACCESS, WRITE
from debugger.codeviews import CodeLine
from debugger.commands.registry import Context, Result
from debugger.screens import face
from debugger.screens.currency import Current
from debugger.screens.driver import Outcome
from debugger.views import BreakView
from debugger.views import Screen as ScreenView
from debugger.widgets.breaks import Breaks
from debugger.widgets.code import Code
from debugger.widgets.history import PAGE, History
from debugger.widgets.memory import Memory
from debugger.widgets.prompt import Prompt
from debugger.widgets.state import State

# Of these nothing can be seen at a line of code, or not all there is to them.
_LISTED = ("watchpoint", "catchpoint", "logpoint")
_NAMED = ("local.", "global.")


class Writes(Current):
    """The part of the screen that is about breakpoints' details and about who wrote what."""

    shown: ScreenView | None = None

    # What is selected

    def _location(self, count: str, operands: bool = False) -> str:
        """The selected local, global, table's element or byte (or so many bytes), and if wanted
        operand, as commands name it; or ''."""
        if self.pane == "state":
            return self._selected_value(operands)
        line = self.query_one(Code).selected_line
        if self.pane == "code" and line is not None and line.mnemonic.startswith(_NAMED):
            return self._named_in(line)
        memory = self.query_one(Memory)
        if memory.view is None or not memory.view.memories:
            self.message_bar.say("select a local or a global in the state pane", fault=True)
            return ""
        size = f", {count}" if count else ""
        other = f"memory {memory.view.index}: " if memory.view.index else ""
        return f"{other}{memory.selected:#x}{size}"

    def _selected_value(self, operands: bool) -> str:
        state = self.query_one(State)
        section, index = state.selected_place
        if section == "locals":
            return f"${index}"
        if section == "globals":
            return f"global[{index}]"
        if section == "stack" and operands:
            return f"stack({index})"
        if element := state.selected_element:
            return f"table {element[0]}[{element[1]}]"
        why = {"stack": ": an operand is used up by the instruction that takes it; W tells who "
                        "pushed it", "tables": ": Enter opens a table"}.get(section, "")
        self.message_bar.say(f"select a local, a global or a table's element{why}", fault=True)
        return ""

    @staticmethod
    def _named_in(line: CodeLine) -> str:
        """The local or global that an instruction names."""
        name = line.operands.split()[0]
        if name.isdecimal():
            return f"${name}" if line.mnemonic.startswith("local.") else f"global[{name}]"
        return name

    # Keys

    def do_watch(self, count: str) -> None:
        """`w`, or `4w` for four bytes."""
        if where := self._location(count):
            self.act(face.action("watch"), where)

    def do_last_write(self, count: str) -> None:
        """`W`: back to the last write of what is selected."""
        if where := self._location(count, operands=True):
            self.act(face.action("last_write"), where)

    def do_last_read(self, count: str) -> None:
        """`R`: back to the last read of what is selected."""
        if where := self._location(count):
            self.act(face.action("last_read"), where)

    def do_history_access(self, count: str) -> None:
        """`V`: every write and read of what is selected."""
        if where := self._location(count):
            self._show_hits(partial(_changes, where=where, access=ACCESS),
                            f"reads and writes of {where}")

    def do_history(self, count: str) -> None:
        """`v`: every change of what is selected; in the breaks pane, every hit."""
        chosen = self.query_one(Breaks).selected_break
        if self.pane == "breaks" and chosen is not None:
            self._show_hits(partial(_hits, number=chosen.number), f"hits of {chosen.number}")
        elif where := self._location(count):
            self._show_hits(partial(_changes, where=where), f"changes of {where}")

    def do_enable(self, _count: str) -> None:
        """Space: lets the selected breakpoint stop again, or no more."""
        point = self._selected_break()
        if point is None:
            self.message_bar.say("there is no breakpoint here: b sets one", fault=True)
            return
        self._switch(point)

    def _switch(self, point: BreakView) -> None:
        word = "disable" if point.enabled else "enable"

        def work(context: Context) -> Result:
            context.session.enable_break(point.number, not point.enabled)
            return Result(f"{point.kind} {point.number} {word}d")

        self.submit("motion", word, work)

    @on(Breaks.Toggled)
    def _dot_clicked(self, message: Breaks.Toggled) -> None:
        self._switch(message.breakpoint)

    def do_condition(self, _count: str) -> None:
        """`B`: another condition for the selected breakpoint, or a new one with a condition."""
        point, line = self._selected_break(), self.query_one(Code).selected_line
        if point is not None:
            label = f"{point.kind} {point.number} stops if "
            self.ask("condition", label, partial(self._recondition, point.number),
                     hint="$0 > 5 && i32[$sp+8] == 42   - always")  # fmt: skip
            self.query_one(Prompt).fill(point.condition)
        elif self.pane == "code" and line is not None and line.steppable and line.offset >= 0:
            self.ask("condition", "stop here if ", partial(self._conditional, line.offset),
                     hint="$0 > 5 && i32[$sp+8] == 42")  # fmt: skip
        else:
            self.message_bar.say("select an instruction or a breakpoint", fault=True)

    def _recondition(self, number: int, text: str) -> None:
        self.act(face.action("condition"), f"{number} {'' if text == '-' else text}".strip())

    def _conditional(self, offset: int, text: str) -> None:
        self.act(face.action("break"), f"*{offset:#x} if {text}")

    def do_dprintf(self, _count: str) -> None:
        """`P`: print at the selected instruction, and go on."""
        line = self.query_one(Code).selected_line
        if line is None or not line.steppable or line.offset < 0:
            self.message_bar.say("select an instruction that executes", fault=True)
            return
        self.ask("message", "print here ", partial(self._log_here, line.offset),
                 hint="n = {$n}, at {i32[$sp+8]}")  # fmt: skip

    def _log_here(self, offset: int, text: str) -> None:
        quoted = text if text.startswith('"') else '"' + text.replace('"', '\\"') + '"'
        self.act(face.action("dprintf"), f"*{offset:#x}, {quoted}")

    def _selected_break(self) -> BreakView | None:
        """That of the breaks pane, if it has the focus, else the one at the selected line."""
        if self.pane == "breaks":
            return self.query_one(Breaks).selected_break
        code, line = self.query_one(Code), self.query_one(Code).selected_line
        if self.shown is None or code.view is None or line is None or not line.breakpoint:
            return None
        place = (code.view.instance, code.view.funcidx, line.offset)
        return next((point for point in self.shown.breaks
                     if (point.instance, point.funcidx, point.offset) == place), None)

    def show_break(self, point: BreakView) -> None:
        """Enter on a breakpoint: its code, or its hits where it has no one place."""
        if point.offset >= 0:
            self.show_function(point.instance, point.funcidx, point.offset)
        else:
            self._show_hits(partial(_hits, number=point.number), f"hits of {point.number}")

    def show_function(self, instance: int, funcidx: int, offset: int = -1) -> None:
        """Shows a function's code without moving the cursor."""
        raise NotImplementedError

    # Hits

    def _show_hits(self, find: Callable[[Context], HitsView], name: str) -> None:
        def work(context: Context) -> Result:
            view = find(context)
            return Result(f"{view.total:,} {view.what}", hits=view)

        self.submit("motion", name, work)

    def job_done(self, outcome: Outcome) -> None:
        """Hits go into their pane, whoever has asked for them."""
        result = outcome.result
        if result is not None and result.hits is not None:
            self.made("history")
            self.query_one(History).view = result.hits
            if outcome.job.kind == "motion":
                self.open_pane("history")
        elif result is not None and result.data.get("kind") in _LISTED:
            self._show_list()
        super().job_done(outcome)

    def _show_list(self) -> None:
        """What has been set is shown, where that hides no values."""
        if "state" not in self.tiling.group_of("breaks"):
            self.tiling.open("breaks")

    @on(History.Wanted)
    def _hits_wanted(self, message: History.Wanted) -> None:
        def work(context: Context) -> Result:
            return Result(hits=context.session.more_hits(
                message.first, PAGE, cancel=context.cancel, progress=context.progress))

        self.submit("hits", "hits", work)


def _hits(context: Context, number: int) -> HitsView:
    return context.session.hits(number, None, PAGE, cancel=context.cancel,
                                progress=context.progress)  # fmt: skip


def _changes(context: Context, where: str, access: str = WRITE) -> HitsView:
    return context.session.changes(where, None, PAGE, access=access, cancel=context.cancel,
                                   progress=context.progress)  # fmt: skip
