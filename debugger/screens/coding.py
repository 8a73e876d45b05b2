"""Code on the screen: breakpoints at its lines, and which function is shown."""

from __future__ import annotations

from textual import on

from debugger.codeviews import CodeLine
from debugger.commands.registry import Context, Result
from debugger.screens import face
from debugger.screens.writes import Writes
from debugger.widgets.breaks import Breaks
from debugger.widgets.code import Code
from debugger.widgets.source import Source


class Coding(Writes):
    """The part of the screen that is about code and source."""

    def do_break(self, _count: str) -> None:
        """`b`: at the selected instruction, or of the selected breakpoint in its own pane."""
        if (chosen := self.query_one(Breaks).selected_break) and self.pane == "breaks":
            self.act(face.action("delete"), str(chosen.number))
        elif self.pane == "source" and (place := self.query_one(Source).selected_line):
            self._toggle_source(*place)
        elif (line := self.query_one(Code).selected_line) is not None:
            self._toggle_line(line)

    def _toggle_source(self, file: str, line: int) -> None:
        def work(context: Context) -> Result:
            point = context.session.toggle_line_break(file, line)
            done = "deleted" if point is None else f"{point.number} at {point.line or point.where}"
            return Result(f"breakpoint {done}")

        self.submit("motion", "breakpoint", work)

    @on(Source.BreakToggled)
    def _source_clicked(self, message: Source.BreakToggled) -> None:
        self._toggle_source(message.file, message.line)

    def do_display(self, _count: str) -> None:
        """`d`: source and code, only source, only code, and around."""
        if self.shown is None or self.shown.source is None:
            self.message_bar.say("no source is known here: only instructions can be shown")
            return
        tiling = self.tiling
        if tiling.both:
            tiling.show_code(source=True, both=False)
        elif tiling.is_open("source"):
            tiling.show_code(source=False, both=False)
        else:
            tiling.show_code(source=True, both=True)
        if not tiling.is_open(self.pane):
            self.set_focus(self.query_one("#source" if tiling.is_open("source") else "#code"))

    def _toggle_line(self, line: CodeLine) -> None:
        code = self.query_one(Code).view
        if code is None:
            return
        if not line.steppable or line.offset < 0:
            self.message_bar.say(f"nothing ever stops at {line.mnemonic}: it is structure, no step",
                                 fault=True)  # fmt: skip
            return
        self._toggle(code.instance, code.funcidx, line.offset)

    def _toggle(self, instance: int, funcidx: int, offset: int) -> None:
        def work(context: Context) -> Result:
            point = context.session.toggle_break(instance, funcidx, offset)
            done = "deleted" if point is None else f"{point.number} at {point.where}"
            return Result(f"breakpoint {done}")

        self.submit("motion", "breakpoint", work)

    @on(Code.BreakToggled)
    def _gutter_clicked(self, message: Code.BreakToggled) -> None:
        self._toggle_line(message.line)

    def show_function(self, instance: int, funcidx: int, offset: int = -1) -> None:
        """Shows a function's code without moving the cursor."""
        self.looking.code_func = (instance, funcidx)
        self.query_one(Code).select_later(offset)
        self.look()

    def do_follow(self, _count: str) -> None:
        """`.`"""
        self.looking.code_func = None
        self.query_one(Code).select_later(None)
        self.look()

    def select_frame(self, level: int) -> None:
        """Shows another frame of the call stack."""
        self.looking.code_func = None

        def work(context: Context) -> None:
            context.session.select_frame(level)

        self.submit("motion", "frame", work)
