"""Slow work: progress, stopping it, and which seek wins. On a session that is slow on purpose."""

import time
from typing import cast

import pytest

from debugger.exchange import Layout
from debugger.screens.driver import Driver, Job, Outcome
from debugger.session import Session
from debugger.widgets.code import Code
from debugger.widgets.header_bar import HeaderBar
from debugger.widgets.timeline import Timeline
from tests.debugger.app.driving import driven
from tests.debugger.app.fake import FakeSession


async def test_escape_stops_at_once_and_the_screen_never_waits() -> None:
    session = FakeSession(10_000, 500)
    session.delay = 20.0
    async with driven(session) as it:
        await it.pilot.press("c")
        await it.until("progress", lambda: it.main.message_bar.progress is not None)
        await it.until("an estimate", lambda: it.main.message_bar.progress.eta is not None)
        assert it.main.message_bar.progress.total == 100
        await it.pilot.press("down")
        assert it.pane(Code).selected == it.pane(Code).view.current + 1
        before = time.monotonic()
        await it.press("escape")
        assert time.monotonic() - before < 1.0
        assert it.step == 500
        assert it.main.message_bar.progress is None


async def test_escape_forgets_what_was_typed_ahead() -> None:
    session = FakeSession(10_000, 500)
    session.delay = 20.0
    async with driven(session) as it:
        await it.pilot.press("c", "s", "S", "s")
        assert it.main.message_bar.waiting == 3
        await it.press("escape")
        assert session.goes == []
        assert it.step == 500


async def test_too_much_typed_ahead_is_refused() -> None:
    session = FakeSession(10_000, 500)
    session.delay = 20.0
    async with driven(session) as it:
        await it.pilot.press("c", *"sS" * 33)
        assert it.main.message_bar.waiting == 64
        assert it.main.message_bar.fault
        await it.press("escape")


async def test_a_newer_seek_cancels_an_older_one() -> None:
    session = FakeSession(10_000, 500)
    session.delay = 20.0
    async with driven(session) as it:
        it.main.seek(1000)
        await it.pilot.pause(0.05)
        it.main.seek(2000)
        session.delay = 0.0
        it.main.seek(3000)
        await it.rest()
        assert session.goes == [3000]


async def test_dragging_previews_and_seeks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("debugger.widgets.timeline._REST", 60.0)
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        timeline = it.pane(Timeline)
        await it.pilot.mouse_down(timeline, offset=(20, 2))
        for x in range(20, 60, 4):
            await it.pilot.hover(timeline, offset=(x, 2))
        assert session.goes == []
        assert timeline.preview == timeline._step_at(56 - 1, 1)
        header = it.main.query_one("#header").view
        assert it.main.query_one(HeaderBar).busy == f"to step {timeline.preview:,}?"
        assert header.step == 500
        await it.pilot.mouse_up(timeline, offset=(56, 2))
        await it.rest()
        assert session.goes == [it.step]
        assert timeline.preview is None


async def test_a_drag_that_rests_seeks_before_it_ends() -> None:
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        timeline = it.pane(Timeline)
        await it.pilot.mouse_down(timeline, offset=(40, 2))
        await it.until("the seek", lambda: bool(session.goes))
        await it.pilot.mouse_up(timeline, offset=(40, 2))
        await it.rest()
        assert len(session.goes) == 1


async def test_a_drag_back_to_the_cursor_ends_where_it_began() -> None:
    session = FakeSession(10_000, 500)
    async with driven(session) as it:
        timeline = it.pane(Timeline)
        it.main.seek(timeline._all().step(40))
        await it.rest()
        here = it.step
        await it.pilot.mouse_down(timeline, offset=(60, 2))
        await it.pilot.hover(timeline, offset=(11 + 40, 2))
        await it.pilot.mouse_up(timeline, offset=(11 + 40, 2))
        await it.rest()
        assert it.step == here
        assert timeline.preview is None
        assert it.main.query_one(HeaderBar).view == it.main.shown.header


async def test_holding_a_key_down_piles_nothing_up_and_loses_nothing() -> None:
    session = FakeSession(10_000, 500)
    session.delay = 0.1
    async with driven(session) as it:
        for _ in range(40):
            it.app.simulate_key("s")
        await it.rest()
        assert len(session.goes) < 5
        assert it.step == 540


async def test_a_fault_of_ours_is_a_message_and_not_the_end() -> None:
    session = FakeSession(10_000, 500)

    def broken(n: int = 1, **how: object) -> None:
        raise ZeroDivisionError("oops")

    session.step_unit = broken  # type: ignore[assignment, method-assign]
    async with driven(session) as it:
        await it.press("s")
        assert "internal error" in it.message
        await it.press("S")
        assert it.step == 499


@pytest.mark.parametrize("shown", [True, False])
async def test_nothing_is_told_to_a_screen_that_is_gone(shown: bool) -> None:
    outcomes: list[Outcome] = []
    driver = Driver(cast(Session, FakeSession()), Layout, outcomes.append, lambda _progress: None,
                    lambda: shown)
    job = Job("look", "look", lambda _context: None)
    driver.submit(job)
    await driver.drain()
    driver.close()
    assert [outcome.job for outcome in outcomes] == [job] * shown
