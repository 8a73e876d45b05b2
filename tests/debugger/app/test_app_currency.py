"""No pane shows as current what isn't: it is pale and marked, and the header says why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from debugger.session import Session
from debugger.widgets.calltree import CallTree
from debugger.widgets.code import Code
from debugger.widgets.flame import Flame
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.history import History
from debugger.widgets.panel import STALE, Panel
from debugger.widgets.state import State
from debugger.widgets.timeline import Timeline
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import Driven, driven
from tests.debugger.app.fake import FakeSession

ALL = {"code", "source", "state", "calls", "breaks", "notes", "memory", "tree", "flame", "profile",
       "output", "events", "history", "timeline"}  # fmt: skip


def stale(it: Driven) -> set[str]:
    return {pane.id or "" for pane in it.main.query(Panel) if pane.stale}


def title(pane: Panel) -> str:
    return str(pane.border_title)


def header(it: Driven) -> str:
    return it.pane(HeaderBar).paint(0).text


async def _seek(it: Driven) -> None:
    it.main.seek(3000)


async def _run(it: Driven) -> None:
    await it.pilot.press("c")


async def _typed(it: Driven) -> None:
    await it.pilot.press("colon", *"goto 4000", "enter")


@pytest.mark.parametrize(("begin", "said"), [
    (_seek, "going to step 3,000 …"), (_run, "continue …"), (_typed, " goto 4000 …"),
])
async def test_while_the_cursor_is_on_its_way(
    begin: Callable[[Driven], Awaitable[None]], said: str
) -> None:
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        assert stale(it) == set()
        session.delay = 2.0
        await begin(it)
        await it.until("pale panes", lambda: bool(stale(it)))
        assert stale(it) == ALL
        assert said in header(it) and "step 500" in header(it)
        for pane in it.main.query(Panel):
            if pane.display and pane.id != "log":
                assert f"{STALE} {pane.TITLE}" in title(pane), pane.id
                faint = pane.ink("text")
                assert {part.style.color for y in range(pane.size.height) for part in pane.paint(y)
                        if part.style is not None and part.text.strip()} <= {faint.color}, pane.id
        assert it.text(HintBar)[0].split()[:2] == ["Esc", "stop"]
        await it.press("escape")
        assert stale(it) == set()
        assert "…" not in header(it)
        assert not any(STALE in title(pane) for pane in it.main.query(Panel))


async def test_short_work_changes_no_colour() -> None:
    async with driven(FakeSession(10_000, 500)) as it:
        seen: set[str] = set()
        pane = it.pane(Code)
        pane.watch(pane, "top", lambda: seen.update(stale(it)))
        await it.press("s", "s", "n", "S")
        assert not seen and not stale(it)


async def test_while_the_timeline_is_dragged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debugger.widgets.timeline._REST", 60.0)
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        timeline = it.pane(Timeline)
        await it.pilot.mouse_down(timeline, offset=(20, 2))
        await it.pilot.hover(timeline, offset=(40, 2))
        assert stale(it) == ALL - {"timeline"}
        assert f"to step {timeline.preview:,}?" in header(it)
        await it.pilot.mouse_up(timeline, offset=(40, 2))
        await it.rest()
        assert stale(it) == set()


async def test_when_the_views_can_t_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        def fail(*_: object) -> None:
            raise RuntimeError("no views today")

        monkeypatch.setattr(session, "screen", fail)
        await it.press("s")
        assert "internal error" in it.message
        assert stale(it) == ALL
        assert "out of date" in header(it)
        monkeypatch.undo()
        await it.press("s")
        assert stale(it) == set()
        assert "out of date" not in header(it)


async def test_lists_of_another_branch_say_so(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("c", "t", "p")
        await it.type("goto 10")
        await it.type("history $0")
        assert it.pane(History).view is not None
        assert stale(it) == set()
        await it.type("goto 20")
        await it.type("edit $0 = 7")
        assert it.main.shown is not None and it.main.shown.header.branch != "main"
        assert stale(it) == {"tree", "flame", "profile", "history"}
        assert "of branch main" in title(it.pane(CallTree))
        await it.press("p")
        assert stale(it) == {"tree", "history"}
        await it.press("y")
        assert it.main.shown.header.branch == "main"
        assert stale(it) == {"flame", "profile"}
        assert "of branch" in title(it.pane(Flame))


async def test_code_and_state_of_elsewhere_say_so(opened: Opener) -> None:
    async with driven(opened("corruption")) as it:
        await it.press("c")
        it.main.open_pane("calls")
        await it.press("down", "enter")
        assert "of frame 1" in title(it.pane(State))
        await it.press("up", "enter")
        assert "of frame" not in title(it.pane(State))
        other = next(each for each in it.main.functions if each[2] == "set_owner")
        it.main.show_function(other[0], other[1])
        await it.rest()
        assert "not at the cursor: . goes back" in title(it.pane(Code))
        await it.press("full_stop")
        assert "not at the cursor" not in title(it.pane(Code))
