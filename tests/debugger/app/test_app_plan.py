"""Where panes stand: they fill the terminal, never overlap, and never vanish."""

import pytest

from debugger.screens.plan import PANES, plan

SIZES = [(60, 16), (80, 24), (99, 50), (100, 16), (120, 40), (200, 60), (300, 100)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("maximised", ["", "code", "timeline", "log"])
def test_the_plan_tiles_the_screen(size: tuple[int, int], maximised: str) -> None:
    width, height = size
    regions = dict(plan(width, height, PANES, maximised).regions)
    assert regions.pop("prompt") == regions["message"]
    cells = [(x, y) for r in regions.values() for y in range(r.y, r.bottom)
             for x in range(r.x, r.right)]  # fmt: skip
    assert len(cells) == len(set(cells)) == width * height


@pytest.mark.parametrize("size", SIZES)
def test_every_pane_is_in_a_group_with_something_to_see(size: tuple[int, int]) -> None:
    for source, both in ((False, False), (True, False), (True, True)):
        result = plan(*size, PANES, source=source, both=both)
        grouped = [pane for group in result.groups.values() for pane in group]
        assert sorted(grouped) == sorted(p for p in PANES if source or p != "source")
        for front in result.groups:
            assert result.regions[front].width >= 26
            assert result.regions[front].height >= 3


def test_the_last_opened_pane_is_in_front() -> None:
    assert "events" in plan(120, 40, [*PANES, "events"][-3:]).regions


def test_a_small_terminal_gets_one_line_instead() -> None:
    assert set(plan(59, 40, PANES).regions) == {"too-small"}
    assert set(plan(120, 15, PANES).regions) == {"too-small"}
