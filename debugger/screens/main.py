"""The debugger's screen: gives every pane its view, and turns panes' messages into actions."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult

from debugger.commands.memory import located
from debugger.commands.registry import Context, Result
from debugger.exchange import Layout
from debugger.screens import face
from debugger.screens.coding import Coding
from debugger.screens.completion import usage
from debugger.screens.driver import Outcome
from debugger.screens.hints import empty, say
from debugger.screens.searching import Searching
from debugger.screens.tiling import Tiling
from debugger.screens.traces import Traces
from debugger.views import Screen as ScreenView
from debugger.widgets.breaks import Breaks
from debugger.widgets.calls import Calls
from debugger.widgets.calltree import CallTree
from debugger.widgets.code import Code
from debugger.widgets.events import Events
from debugger.widgets.flame import Flame
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.history import History
from debugger.widgets.lines import Lines
from debugger.widgets.log import Log
from debugger.widgets.memory import Memory
from debugger.widgets.message_bar import MessageBar
from debugger.widgets.notes import Notes
from debugger.widgets.output import Output
from debugger.widgets.panel import Panel
from debugger.widgets.profile import Profile
from debugger.widgets.prompt import Prompt
from debugger.widgets.source import Source
from debugger.widgets.state import State
from debugger.widgets.timeline import Timeline
from debugger.widgets.too_small import TooSmall

_WELCOME = ("{cont} runs on, {step} steps; {cont_back} and {back} go back. {help} lists keys, "
            "{palette} finds by name")
_TYPING = "Tab completes a word   Up earlier lines   Enter runs   Esc closes"


class MainScreen(Traces, Searching, Coding):
    """Everything about one recording on one screen."""

    AUTO_FOCUS = "#code"

    shown: ScreenView | None = None
    _noticed = False  # whether damaged debug info has been told of

    def compose(self) -> ComposeResult:
        """All panes, always; the plan says which can be seen."""
        yield Tiling(
            HeaderBar(id="header"),
            Code(id="code"),
            Source(id="source"),
            State(id="state"),
            Calls(id="calls"),
            Breaks(id="breaks"),
            Notes(id="notes"),
            Memory(id="memory"),
            CallTree(id="tree"),
            Flame(id="flame"),
            Profile(id="profile"),
            Output(id="output"),
            Events(id="events"),
            Log(id="log"),
            History(id="history"),
            Timeline(id="timeline"),
            MessageBar(id="message"),
            Prompt(id="prompt"),
            HintBar(id="hints"),
            TooSmall(id="too-small"),
            id="tiling",
        )

    def on_mount(self) -> None:
        """The first look waits until the panes know their sizes (`Tiling.Arranged`)."""
        for pane in self.query(Panel):
            pane.empty = empty(self.keymap, pane.id or "")
        self.tell_currency()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        """Another pane has other hints."""
        self.tell_currency()

    def on_unmount(self) -> None:
        """Stops the session's thread with the screen."""
        self.driver.close()

    # Showing

    def layout_wanted(self) -> Layout:
        """By the sizes of the panes; a hidden one asks for little."""
        memory = self.query_one(Memory)
        rows = memory.size.height if self.tiling.is_open("memory") else 1
        return self.looking.layout(
            memory_bytes=max(1, rows) * memory.row_bytes,
            cells=self.query_one(Timeline).cells,
        )

    def show_outcome(self, outcome: Outcome) -> None:
        """Gives every pane its view. Panes whose view is the same don't draw."""
        view = outcome.screen
        assert view is not None
        if self.shown is None:
            self._welcome(view)
            if view.source is not None:
                self.tiling.show_code(source=True, both=True)
                self.set_focus(self.query_one(Source))
        if view.source is not None and view.source.notice and not self._noticed:
            self._noticed = True
            self.message_bar.say(view.source.notice, fault=True)
        self.shown = view
        self.query_one(Code).view = view.code
        self.query_one(Source).view = view.source
        self.query_one(State).view = view.state
        self.query_one(Calls).view = view.calls
        self.query_one(Breaks).view = view.breaks
        self.query_one(Memory).view = view.memory
        self._fit_memory()
        self.query_one(Output).view = view.output
        events, notes = self.query_one(Events), self.query_one(Notes)
        events.view, events.cursor = view.output.events, view.cursor
        notes.view, notes.cursor = outcome.notes, view.cursor
        notes.branches = view.branches
        self.query_one(History).cursor = view.cursor
        tree = self.query_one(CallTree)
        tree.cursor, tree.total = view.cursor, view.timeline.total
        timeline = self.query_one(Timeline)
        timeline.branches, timeline.view = view.branches, view.timeline
        timeline.arrived()
        if self.looking.follow(view.timeline):
            self.look()

    def _fit_memory(self) -> None:
        """The memory pane has the width that its rows need."""
        memory = self.query_one(Memory)
        view = memory.view
        self.tiling.fit_memory(memory.wanted_width + 2 if view and view.memories else 0)

    def _welcome(self, view: ScreenView) -> None:
        """The first words: what is wrong comes before what there is to do."""
        self.message_bar.say(view.message or say(self.keymap, _WELCOME))
        if self.session.faults:
            self.message_bar.say(f"kept, but not set: {self.session.faults[0]}", fault=True)
        if self.faults:
            more = f" (and {len(self.faults) - 1} more, in the log)" if self.faults[1:] else ""
            self.message_bar.say(f"{self.faults[0]}{more}", fault=True)
            self.query_one(Log).write("settings", "\n".join(self.faults))

    def show_memory(self, address: int) -> None:
        """The first byte in use: what is above it is empty."""
        if address:
            self.query_one(Memory).selected = self.looking.memory_address = address
            self.look()

    def show_address(self, text: str) -> None:
        """An answer to `@`: an address, decimal or 0x…"""
        try:
            address = int(text, 0)
        except ValueError:
            self._show_computed(text)
            return
        self._show_at(address)

    def _show_computed(self, text: str) -> None:
        """An expression, such as `&variable`, `$0 + 8` or `mem1: 8`."""
        def work(context: Context) -> Result:
            memory, address = located(context.session, text)
            self.app.call_from_thread(self._show_in, memory, address)
            return Result(f"{text} is 0x{address:x}")

        self.submit("motion", "address", work)

    def _show_in(self, memory: int, address: int) -> None:
        """An address in a memory that may be another one."""
        if memory == self.looking.memory:
            self._show_at(address)
            return
        self.looking.memory = memory
        self.open_pane("memory")
        self.query_one(Memory).show_address(address)
        self.look()

    def _show_at(self, address: int) -> None:
        """An address in the memory pane."""
        if self.shown is not None and not 0 <= address < self.shown.memory.size:
            end = f"0x{self.shown.memory.size:x}"
            self.message_bar.say(f"0x{address:x} lies outside of the memory, which ends at {end}",
                                 fault=True)  # fmt: skip
            return
        self.open_pane("memory")
        self.query_one(Memory).show_address(address)

    # What panes have been asked for

    @on(Lines.Chosen)
    def _chosen(self, message: Lines.Chosen) -> None:
        pane, index, view = message.panel, message.index, self.shown
        if view is None:
            return
        if self.choose_call(pane, index):
            return
        if isinstance(pane, Calls) and index < view.calls.total:
            self.select_frame(index)
        elif isinstance(pane, Breaks) and index < len(view.breaks):
            self.show_break(view.breaks[index])
        elif isinstance(pane, History) and (hit := pane.hit(index)) is not None:
            self.seek(hit.step)
        elif isinstance(pane, Events) and index < len(view.output.events):
            self.seek(view.output.events[index].step)
        elif isinstance(pane, Notes) and (branch := pane.branch(index)) is not None:
            self.act(face.action("branch"), branch.name)
        elif isinstance(pane, Notes) and index < len(pane.view):
            self.seek(pane.view[index].step)

    @on(Calls.Wanted)
    def _frames_wanted(self, message: Calls.Wanted) -> None:
        self.looking.frames_first = message.first
        self.look()

    @on(Output.Wanted)
    def _output_wanted(self, message: Output.Wanted) -> None:
        self.looking.output_end = message.end
        self.look()

    def seek(self, step: int) -> None:
        """Goes to a step; a newer seek overtakes this one."""

        def work(context: Context) -> Result:
            arrival = context.session.goto(
                step, cancel=context.cancel, progress=context.progress
            )
            return Result(arrival=arrival)

        self.submit("seek", f"to step {step:,}", work)

    @on(Timeline.Sought)
    def _sought(self, message: Timeline.Sought) -> None:
        self.seek(message.step)

    @on(Timeline.Previewed)
    def _previewed(self, message: Timeline.Previewed) -> None:
        self.show_preview(message.step)

    @on(Timeline.Stepped)
    def _wheeled(self, message: Timeline.Stepped) -> None:
        self.act(face.action("step" if message.by > 0 else "back"), "")

    @on(Timeline.Zoomed)
    def _zoomed(self, message: Timeline.Zoomed) -> None:
        if self.shown is not None:
            self.looking.show_steps(message.first, message.last, self.shown.timeline.total)
            self.look()

    def do_zoom_in(self, _count: str) -> None:
        """`+`"""
        self.query_one(Timeline).zoom(True)

    def do_zoom_out(self, _count: str) -> None:
        """`-`"""
        self.query_one(Timeline).zoom(False)

    @on(Memory.Wanted)
    def _memory_wanted(self, message: Memory.Wanted) -> None:
        self.looking.memory_address = message.address
        self.look()

    def do_next_memory(self, _count: str) -> None:
        """For modules with several memories."""
        if self.shown is not None and self.shown.memory.memories > 1:
            self.looking.memory = (self.looking.memory + 1) % self.shown.memory.memories
            self.looking.memory_address = 0
            self.look()

    @on(State.Opened)
    def _opened(self, message: State.Opened) -> None:
        keys = {message.key}
        opened = self.looking.opened
        self.looking.opened = opened | keys if message.opened else opened - keys
        self.look()

    # Prompt and hints

    @on(Prompt.Completions)
    def _completions(self, message: Prompt.Completions) -> None:
        hint = usage(message.line) if message.line.strip() else _TYPING
        words = message.words if message.line.strip() else ()
        self.query_one(HintBar).completions = words or ((hint,) if hint else ())

    @on(HintBar.Clicked)
    def _hint_clicked(self, message: HintBar.Clicked) -> None:
        self.action_perform(message.action)
