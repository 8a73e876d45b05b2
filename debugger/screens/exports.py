"""Chooses what to run: for modules that don't say it themselves with `_start`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

from debugger.exchange import CommandError
from debugger.values import parse_value
from debugger.widgets.lines import Lines
from debugger.widgets.text import column, fit
from gabagool.types import FuncType, ValType, valtype_name

# What an argument may look like, by the first letter of its type.
_SUCH_AS = {"i": "a whole number, such as 20, -1 or 0xff", "f": "a number, such as 1.5"}

Begin = Callable[[str, list[str]], None]
Export = tuple[str, FuncType]


def signature(functype: FuncType) -> str:
    """`(i32 i32) → i32`."""
    params = " ".join(map(valtype_name, functype.params))
    results = " ".join(map(valtype_name, functype.results))
    return f"({params}) → {results or '()'}"


class ExportList(Lines):
    """The exported functions with their types."""

    TITLE = "Run which function?"

    def __init__(self, exports: Sequence[Export]) -> None:
        super().__init__(id="export-list")
        self.exports = exports

    def on_mount(self) -> None:
        """The first one is as good a guess as any."""
        self.selected = 0
        self.styles.height = len(self.exports) + 2

    def row_count(self) -> int:
        """One row per export."""
        return len(self.exports)

    def paper(self, index: int) -> str:
        """The choice shows even while its arguments are typed."""
        return "current" if index == self.selected else ""

    def draw(self, index: int, width: int, paper: str) -> list[Segment]:
        """`stair_climb  (i32) → i32`."""
        name, functype = self.exports[index]
        name_width = min(width // 2, max(len(name) for name, _ in self.exports) + 2)
        marker = "► " if index == self.selected else "  "
        return [
            Segment(f" {marker}", self.ink("changed", paper)),
            Segment(column(name, name_width), self.ink("strong", paper)),
            Segment(fit(signature(functype), width - name_width - 3), self.ink("muted", paper)),
        ]


class Argument(Input):
    """One argument, checked against its type at every key."""

    def __init__(self, index: int, type_: ValType) -> None:
        super().__init__(placeholder=_SUCH_AS.get(valtype_name(type_)[0], ""),
                         select_on_focus=False)
        self.valtype = type_
        self.border_title = f"argument {index}: {valtype_name(type_)}"

    def fault(self) -> str:
        """What is wrong with the text, or ''."""
        if not self.value.strip():
            return f"an {valtype_name(self.valtype)} is needed"
        try:
            parse_value(self.valtype, self.value)
        except CommandError as error:
            return str(error)
        return ""

    def show_fault(self, also_empty: bool) -> bool:
        """Shows what is wrong under the line; whether anything is."""
        fault = self.fault() if also_empty or self.value.strip() else ""
        self.border_subtitle = fault.replace("[", r"\[")
        self.set_class(bool(fault), "faulty")
        return bool(fault)


class ExportPicker(Screen[tuple[str, list[str]]]):
    """Dismissed with (name, argument texts) when all of them are good."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "app.quit", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(self, program: str, exports: Sequence[Export], begin: Begin) -> None:
        super().__init__()
        self._program = program
        self._exports = exports
        self._begin = begin
        self._starting = False

    def compose(self) -> ComposeResult:
        """The program, the list, the arguments of the chosen one, and what to do."""
        yield Static(f" {self._program} has no _start: choose what to call"
                     " (or begin with --invoke NAME)", id="picker-title", markup=False)
        with Vertical(id="picker"):
            yield ExportList(self._exports)
            yield VerticalScroll(id="arguments", can_focus=False)
            yield Static("", id="picker-fault", markup=False)
        yield Static(" ↑ ↓ choose · Enter next field, then run · Esc back · Ctrl+Q quit",
                     id="picker-hint", markup=False)  # fmt: skip

    @property
    def _list(self) -> ExportList:
        return self.query_one(ExportList)

    def on_mount(self) -> None:
        """Offers the arguments of whatever is selected."""
        self.watch(self._list, "selected", self._offer_arguments)

    async def _offer_arguments(self) -> None:
        _, functype = self._exports[max(0, self._list.selected)]
        area = self.query_one("#arguments")
        await area.remove_children()
        await area.mount(*(Argument(i, type_) for i, type_ in enumerate(functype.params)))
        self._say("")

    def _say(self, fault: str) -> None:
        self.query_one("#picker-fault", Static).update(f" ✖ {fault}" if fault else "")

    def action_back(self) -> None:
        """From the arguments to the list."""
        self._list.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if isinstance(event.input, Argument):
            event.input.show_fault(also_empty=False)

    @on(Lines.Chosen)
    def _chosen(self) -> None:
        arguments = list(self.query(Argument))
        if arguments:
            arguments[0].focus()
        else:
            self._run()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        arguments = list(self.query(Argument))
        if isinstance(event.input, Argument) and event.input.show_fault(also_empty=True):
            return
        unfinished = [each for each in arguments if each.fault()]
        if unfinished:
            unfinished[0].focus()
        else:
            self._run()

    @work
    async def _run(self) -> None:
        """Starts on a thread: the module's own start function may take its time."""
        if self._starting:
            return
        self._starting = True
        name, _ = self._exports[self._list.selected]
        texts = [argument.value for argument in self.query(Argument)]
        try:
            await asyncio.to_thread(self._begin, name, texts)
        except CommandError as error:
            self._starting = False
            self._say(str(error))
            return
        self.dismiss((name, texts))
