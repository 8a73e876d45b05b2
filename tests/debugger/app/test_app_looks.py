"""Themes, colour-blind eyes, no colours at all, and nothing but ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.widgets import Input

from debugger.session import Session
from debugger.settings import Settings
from debugger.styles.filters import ascii_of
from debugger.styles.terminal import wants_ascii, wants_no_color
from debugger.styles.themes import NAMES, SAFE, SAFE_LIGHT, THEMES, named
from debugger.widgets.code import Code
from debugger.widgets.memory import Memory
from debugger.widgets.scale import HEIGHTS, SHADES, UNKNOWN
from debugger.widgets.state import State
from debugger.widgets.timeline import Timeline
from tests.debugger.app.conftest import Opener
from tests.debugger.app.driving import NARROW, WIDE, Driven, driven
from tests.debugger.app.sight import EYES, contrast, distance

# Inks that mean something, rather than tell one kind of instruction from another.
MEANING = ("text", "muted", "accent", "blue", "error")
SYNTAX = ("number", "control", "cyan")
COLOURS = {theme.name: {ink: theme.variables.get(f"ink-{ink}", theme.foreground)
                        for ink in (*MEANING, *SYNTAX)} for theme in THEMES}


# Colours

@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("name", [SAFE, SAFE_LIGHT])
def test_meanings_are_far_apart_for_all_eyes(name: str, eyes: str) -> None:
    inks = COLOURS[name]
    for one, other in combinations(MEANING, 2):
        assert distance(inks[one], inks[other], eyes) >= 25, (one, other)
    for one, other in combinations(inks, 2):
        assert distance(inks[one], inks[other], eyes) >= 12, (one, other)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_all_that_is_written_can_be_read(theme) -> None:  # type: ignore[no-untyped-def]
    for ink, colour in COLOURS[theme.name].items():
        assert contrast(colour, theme.background) >= 4.5, ink
        for paper in ("current", "selected"):
            assert contrast(colour, theme.variables[f"paper-{paper}"]) >= 3, (ink, paper)
    assert contrast(theme.variables["ink-stale"], theme.background) >= 2.8
    assert contrast(theme.variables["ink-accent"], theme.background) >= 4.5    # inverse


def test_themes_have_names() -> None:
    assert [named(name) for name in NAMES] == list(NAMES)
    assert named("Color-Blind") == named("colour_blind") == "colourblind"
    assert named("colorblind-light") == "colourblind-light"
    assert named("loud") is None


async def test_one_key_goes_through_the_themes(climb: Session, tmp_path: Path) -> None:
    async with driven(climb, settings=Settings(folder=tmp_path)) as it:
        seen = [it.app.theme_name]
        for _ in range(4):
            await it.press("T")
            seen.append(it.app.theme_name)
        assert seen == ["dark", "light", "colourblind", "colourblind-light", "dark"]
        await it.type("theme colorblind")
        assert it.message.startswith("theme colourblind")
        await it.type("theme loud")
        assert it.main.message_bar.fault and it.app.theme_name == "colourblind"


@pytest.mark.parametrize(("wanted", "theme"), [("", "light"), ("dark", "dark"), ("loud", "light")])
async def test_the_theme_chosen_last_comes_back(
    climb: Session, tmp_path: Path, wanted: str, theme: str
) -> None:
    async with driven(climb, settings=Settings(folder=tmp_path)) as it:
        await it.press("T")
    async with driven(climb, settings=Settings(wanted, folder=tmp_path)) as it:
        assert it.app.theme_name == theme


async def test_the_palette_has_the_themes(climb: Session) -> None:
    async with driven(climb) as it:
        await it.pilot.press("ctrl+p")
        await it.pilot.pause()
        it.app.screen.query_one(Input).value = "theme safe light"
        await it.until("a hit", lambda: "colourblind-light" in shown(it))
        await it.pilot.press("enter")
        await it.until("the theme", lambda: it.app.theme_name == "colourblind-light")


# No colours

def segments(it: Driven) -> Iterator[Segment]:
    """All that the terminal would get for the whole screen."""
    it.app.screen._compositor.reflow(it.app.screen, it.app.screen.size)
    for line in it.app.screen._compositor.render_strips():
        yield from line


def shown(it: Driven) -> str:
    return "".join(segment.text for segment in segments(it))


@pytest.mark.parametrize("settings", [Settings(no_color=True), Settings("mono")], ids=str)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_without_colours_there_are_none(
    corruption: Session, settings: Settings, size: tuple[int, int]
) -> None:
    async with driven(corruption, size, settings=settings) as it:
        for keys in (["b", "c"], ["t"], ["p"], ["question_mark"], ["escape"], ["ctrl+p"]):
            await it.pilot.press(*keys)
            await it.rest()
            for segment in segments(it):
                style = segment.style
                assert style is None or (style.color is None and style.bgcolor is None), segment


async def test_without_colours_forms_tell_the_same(corruption: Session) -> None:
    async with driven(corruption, settings=Settings(no_color=True)) as it:
        await it.press("T")
        assert "NO_COLOR" in it.message
        await it.press("c", "S", "S", "b")
        it.main.open_pane("code")
        code = it.pane(Code)
        assert code.view is not None
        current = code.paint(code.view.current - code.top)
        assert all(part.style is not None and part.style.reverse for part in current)
        assert "►" in current.text
        await it.press("up")
        selected = code.paint(code.selected - code.top)
        assert all(part.style is not None and part.style.underline for part in selected)
        assert it.app.query("Panel:focus") is not None
        heavy = it.pane(Code).styles.border.top[0]
        assert (heavy, it.pane(State).styles.border.top[0]) == ("heavy", "solid")


async def test_without_colours_changes_are_seen(corruption: Session) -> None:
    async with driven(corruption, settings=Settings(no_color=True)) as it:
        await it.press("c")
        await it.press("at", *"0x101e0", "enter")
        await it.press("W", "s")
        memory = it.pane(Memory)
        rows = [memory.paint(y) for y in range(memory.size.height)]
        changed = [part.text for row in rows for part in row
                   if part.style is not None and part.style.reverse]
        assert "00" in changed
        assert any("[00]" in row.text for row in rows)
        row = it.pane(Timeline).paint(0).text
        assert "[" in row and "]" in row and "┃" in row


def test_no_color_means_something_other_than_nothing() -> None:
    assert wants_no_color({"NO_COLOR": "1"})
    assert not wants_no_color({"NO_COLOR": ""})
    assert not wants_no_color({})


# ASCII

def test_each_sign_has_one_of_its_own_in_its_lane() -> None:
    for lane in (HEIGHTS, SHADES, "●○◆◇ ", "►▸▾ ", "[┃]", "·↯■▲├"):
        assert len(set(ascii_of(lane))) == len(lane), lane
    assert ascii_of(UNKNOWN).isascii()


@pytest.mark.parametrize("text", ["Grüße, 世界", "e\u0301a", "▁▂┌─┐", "🙂", "\u200b", "ﬁ"])
def test_ascii_keeps_the_columns(text: str) -> None:
    assert ascii_of(text).isascii()
    assert ascii_of(text).isprintable()
    assert len(ascii_of(text)) == cell_len(text)


@pytest.mark.parametrize("size", [WIDE, NARROW, (200, 60)],
                         ids=["wide", "narrow", "large"])
async def test_ascii_is_all_there_is(opened: Opener, size: tuple[int, int]) -> None:
    async with driven(opened("corruption"), size, settings=Settings(ascii=True)) as it:
        for keys in (["b", "c"], ["t"], ["p"], ["v"], ["m", "a"], ["question_mark"], ["escape"],
                     ["ctrl+p"]):
            await it.pilot.press(*keys)
            await it.rest()
            text = shown(it)
            assert text.isascii(), {each for each in text if not each.isascii()}
            assert sum(map(len, (each.text for each in segments(it)))) == size[0] * size[1]


@pytest.mark.parametrize(("environ", "encoding", "ascii_"), [
    ({"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}, "utf-8", False),
    ({}, "utf-8", False),
    ({"LANG": "en_US.ISO-8859-1"}, "iso-8859-1", True),
    ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8", True),
    ({"LC_ALL": "C.UTF-8"}, "UTF8", False),
    ({"LANG": "de_DE.UTF-8", "TERM": "linux"}, "utf-8", True),
    ({"LANG": "de_DE.UTF-8", "TERM": "vt100"}, "utf-8", True),
    ({}, "ascii", True),
])
def test_the_terminal_tells_whether_it_wants_ascii(
    environ: dict[str, str], encoding: str, ascii_: bool
) -> None:
    assert wants_ascii(environ, encoding) is ascii_
