"""The container of all panes: lays them out by the plan instead of by style sheet."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from debugger.screens.plan import PANES, Plan, plan
from debugger.widgets.memory_rows import row_width
from debugger.widgets.panel import Panel

_NOWHERE = Plan({}, {})
_NO_OFFSET = Offset()
_NO_SPACING = Spacing()


class _Placed(Layout):
    """Puts each child where the plan says."""

    name = "placed"

    def __init__(self, tiling: Tiling) -> None:
        self._tiling = tiling

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        regions = self._tiling.plan.regions
        return [
            WidgetPlacement(regions[child.id], _NO_OFFSET, _NO_SPACING, child)
            for child in children
            if child.id in regions
        ]


class Tiling(Widget):
    """Which panes are open, which one is maximised, and whether a prompt is shown."""

    class Arranged(Message):
        """Panes have changed size or come into view, so they may need other data."""

    def __init__(self, *children: Widget, id: str) -> None:
        super().__init__(*children, id=id)
        self.plan = _NOWHERE
        self._placed = _Placed(self)
        self.maximised = ""
        self.has_source = False  # whether there is a source to show
        self.both = False  # source and code together
        self.prompting = False
        self._memory_width = row_width(0) + 2
        self._recent: list[str] = list(reversed(PANES))

    @property
    def layout(self) -> Layout:
        """The plan, instead of a layout of the style sheet."""
        return self._placed

    def on_resize(self, event: events.Resize) -> None:
        """Another size is another plan."""
        self.arrange_panes()

    def open(self, pane: str) -> None:
        """Brings a pane to the front of its group."""
        self._recent.remove(pane)
        self._recent.append(pane)
        if self.maximised:
            self.maximised = pane
        self.arrange_panes()

    def show_code(self, source: bool, both: bool) -> None:
        """Source, code, or both of them; neither is focused by that."""
        self.has_source = True
        self.both = both
        front = "source" if source else "code"
        self._recent.remove(front)
        self._recent.append(front)
        if self.maximised in ("source", "code"):
            self.maximised = front
        self.arrange_panes()

    def maximise(self, pane: str) -> None:
        """Gives one pane the whole body, or with '' each its place again."""
        self.maximised = pane
        self.arrange_panes()

    def fit_memory(self, width: int) -> None:
        """Gives the memory pane the width that its rows need, where there is room."""
        if width != self._memory_width:
            self._memory_width = width
            self.arrange_panes()

    def show_prompt(self, shown: bool) -> None:
        """The prompt takes the message's line."""
        self.prompting = shown
        self.arrange_panes()

    def group_of(self, pane: str) -> tuple[str, ...]:
        """The panes that share a place with this one, now."""
        return next((group for group in self.plan.groups.values() if pane in group), (pane,))

    def is_open(self, pane: str) -> bool:
        """Whether it can be seen."""
        return pane in self.plan.regions

    def arrange_panes(self) -> None:
        """Makes the plan and shows what is in it."""
        width, height = self.size
        before = self.plan
        self.plan = plan(width, height, self._recent, self.maximised, self._memory_width,
                         self.has_source, self.both)
        hidden = "message" if self.prompting else "prompt"
        for child in self.children:
            child.display = child.id in self.plan.regions and child.id != hidden
        titles = {child.id or "": child.TITLE for child in self.children
                  if isinstance(child, Panel)}  # fmt: skip
        for front, group in self.plan.groups.items():
            self.query_one(f"#{front}", Panel).show_tabs([(name, titles[name]) for name in group])
        # Asked by a child, since a widget forgets its arrangement only when a child asks.
        self.children[0].refresh(layout=True)
        if self.plan.regions != before.regions:
            self.post_message(self.Arranged())
