"""Calls over time: what `t` and `p` are about, and the panes that show it."""

from __future__ import annotations

from functools import partial

from textual import on

from debugger.answers import CallsPage, CallView
from debugger.commands.events import kinds_of
from debugger.commands.registry import Context, Result
from debugger.eventlist import KINDS
from debugger.screens import face
from debugger.screens.driver import Outcome
from debugger.screens.writes import Writes
from debugger.widgets.calltree import CallTree
from debugger.widgets.events import Events
from debugger.widgets.flame import Flame
from debugger.widgets.lines import Lines
from debugger.widgets.profile import Profile

_PROFILES = ("flame", "profile")


class Traces(Writes):
    """The part of the screen that is about the call tree, profiles and flame graphs."""

    _listed = ""        # the function whose calls the tree lists, '' for the whole tree

    def seek(self, step: int) -> None:
        """Goes to a step."""
        raise NotImplementedError

    def do_profile(self, _count: str) -> None:
        """`p`: of what the timeline shows."""
        view = self.looking.viewport
        self.act(face.action("profile"), "" if view is None else f"{view[0]} {view[1]}")

    def do_next_event(self, _count: str) -> None:
        """`]`: of the kinds that are listed."""
        self.act(face.action("next_event"), " ".join(self.looking.event_kinds))

    def do_previous_event(self, _count: str) -> None:
        """`[`"""
        self.act(face.action("previous_event"), " ".join(self.looking.event_kinds))

    def do_filter_events(self, _count: str) -> None:
        """`E`: the next kind of event alone, and in the end all of them again."""
        order = ("", *KINDS)
        kind = self.looking.event_kinds[0] if self.looking.event_kinds else ""
        following = order[(order.index(kind) + 1) % len(order)]
        self.act(face.action("filter_events"), following)

    def job_done(self, outcome: Outcome) -> None:
        """Calls and profiles go into their panes, whoever has asked for them."""
        result = outcome.result
        if result is not None and result.calls:
            self.made("tree")
            tree = self.query_one(CallTree)
            if outcome.job.kind == "hits":
                tree.add(result.calls[0])
            else:
                self._listed = "" if result.calls[0].parent else result.calls[0].what
                self.open_pane("tree")
                self.call_after_refresh(tree.show, result.calls)
        if result is not None and result.profile is not None:
            self.made("flame", "profile")
            self.query_one(Flame).view = self.query_one(Profile).view = result.profile
            wanted = "flame" if outcome.job.typed.startswith("fl") or not outcome.job.typed \
                else "profile"
            if self.pane not in _PROFILES:
                self.open_pane(wanted)
        if result is not None and "event_kinds" in result.data:
            self._list_events(kinds_of(result.text.removeprefix("events: ")))
        super().job_done(outcome)

    def _list_events(self, kinds: tuple[str, ...]) -> None:
        self.looking.event_kinds = kinds
        only = f"only {', '.join(kinds)}" if kinds else ""
        self.query_one(Events).show_detail("", only)
        self.tiling.open("events")
        self.look()

    @on(CallTree.Wanted)
    def _calls_wanted(self, message: CallTree.Wanted) -> None:
        parent, first = message.parent, message.first
        find = (partial(_made, parent=parent, first=first) if parent is not None
                else partial(_listed, what=self._listed, first=first or 0))

        def work(context: Context) -> Result:
            return Result(calls=(find(context),))

        self.submit("hits", "list calls", work)

    @on(CallTree.Left)
    def _left(self, message: CallTree.Left) -> None:
        if message.call.last is None:
            self.message_bar.say(f"{message.call.name} has not returned in the recording",
                                 fault=True)  # fmt: skip
        else:
            self.seek(message.call.last)

    def choose_call(self, pane: Lines, index: int) -> bool:
        """Enter or a click in a pane of this part; whether it was one."""
        if isinstance(pane, CallTree):
            if (call := pane.call_at(index)) is not None:
                self.seek(call.first)
        elif isinstance(pane, Profile):
            if (row := pane.function(index)) is not None and row.instance >= 0:
                self.act(face.action("calls"), f"{row.funcidx}")
        else:
            return False
        return True


def _made(context: Context, parent: CallView, first: int | None) -> CallsPage:
    return context.session.calls_made(parent, first, cancel=context.cancel,
                                      progress=context.progress)  # fmt: skip


def _listed(context: Context, what: str, first: int) -> CallsPage:
    return context.session.calls_of(what.removeprefix("calls of "), first, cancel=context.cancel,
                                    progress=context.progress)  # fmt: skip
