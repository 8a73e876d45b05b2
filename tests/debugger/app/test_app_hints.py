"""The last line and empty panes say what can be done there, with the keys that there are."""

from __future__ import annotations

import string

import pytest

from debugger.screens import face, hints
from debugger.session import Session
from debugger.views import BranchView
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.log import Log
from debugger.widgets.panel import Panel
from debugger.widgets.scale import Scale
from debugger.widgets.timeline import Timeline
from debugger.widgets.timeline_rows import FORK, forks
from tests.debugger.app.driving import NARROW, WIDE, driven

IDS = {action.id for action in face.all_actions()}


def test_all_that_is_named_is_an_action() -> None:
    named = [id_ for table in ((*hints._FIRST, *hints._GENERAL, hints._LAST),
                               *hints._PANES.values()) for ids, _ in table
             for id_ in ids.split() if not ids.startswith("=")]
    texts = [line for lines in hints._EMPTY.values() for line in lines]
    named += [field for text in texts for _, field, _, _ in string.Formatter().parse(text) if field]
    assert set(named) <= IDS


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_each_pane_has_its_own(climb: Session, size: tuple[int, int]) -> None:
    async with driven(climb, size) as it:
        seen = {}
        for pane, _ in it.main.pane_titles():
            if pane == "source":
                continue
            it.main.open_pane(pane)
            await it.rest()
            seen[pane] = it.text(HintBar)[0]
            assert seen[pane].startswith(" s/S step") and seen[pane].endswith("? help")
        assert "Enter open" in seen["state"] or size == NARROW
        assert "x numbers" in seen["memory"] or size == NARROW
        assert "Enter its calls" in seen["profile"]
        assert "Space on/off" in seen["breaks"]
        assert "Left/Right move" in seen["timeline"]
        assert len(set(seen.values())) > 10


async def test_empty_panes_say_what_to_do(climb: Session) -> None:
    async with driven(climb) as it:
        for pane in ("breaks", "notes", "tree", "flame", "profile", "log", "history", "events"):
            it.main.open_pane(pane)
            await it.rest()
            widget = it.main.query_one(f"#{pane}", Panel)
            rows = [widget.paint(y).text.strip() for y in range(widget.size.height)]
            assert " ".join(rows).split() == " ".join(widget.empty).split(), pane
            assert widget.empty


async def test_long_answers_are_folded(climb: Session) -> None:
    async with driven(climb) as it:
        it.main.open_pane("log")
        await it.rest()
        log = it.pane(Log)
        log.write("long", "x" * 300 + "\n" + "世" * 100)
        width = log.size.width - 2
        drawn = [log.draw(i, width, "")[0] for i in range(log.row_count())]
        assert all(segment.cell_length <= width + 1 for segment in drawn)
        text = "".join(segment.text.strip() for segment in drawn)
        assert text.count("x") == 300 and text.count("世") == 100
        await it.pilot.resize_terminal(100, 30)
        await it.rest()
        assert sum(log.draw(i, 99, "")[0].text.count("x") for i in range(log.row_count())) == 300


# Branches on the timeline

def branch(name: str, parent: str, fork: int, current: bool = False) -> BranchView:
    return BranchView(name, current, parent, fork, "$n = 1" if parent else "", 100, True)


def test_branches_show_where_they_can_be_taken() -> None:
    all_ = [branch("main", "", 0, True), branch("b1", "main", 40), branch("b2", "b1", 60),
            branch("b3", "main", 80)]
    assert [each.name for each in forks(all_)] == ["b1", "b3"]
    on_b2 = [branch("main", "", 0), branch("b1", "main", 40), branch("b2", "b1", 60, True),
             branch("b3", "main", 80), branch("b4", "main", 30)]
    assert [each.name for each in forks(on_b2)] == ["b1", "b2", "b4"]
    assert forks([]) == ()


async def test_a_fork_is_on_the_timeline(climb: Session) -> None:
    async with driven(climb) as it:
        await it.press("c")
        await it.type("goto 100")
        await it.type("edit $0 = 7")
        await it.type("goto 0")
        timeline = it.pane(Timeline)
        assert timeline.view is not None
        cell = Scale(timeline.view.first, timeline.view.last, timeline.cells).cell(100)
        rows = it.text(Timeline)
        y = next(y for y, text in enumerate(rows) if text.startswith(" events"))
        row = rows[y]
        assert cell is not None and row[10 + cell] == FORK
        await it.pilot.hover(timeline, offset=(11 + cell, y + 1))
        await it.pilot.pause()
        assert "branch b1" in str(timeline.border_subtitle)
