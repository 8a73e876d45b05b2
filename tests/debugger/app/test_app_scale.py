"""The timeline's arithmetic."""

from hypothesis import given
from hypothesis import strategies as st

from debugger.views import EventView, TimelineView
from debugger.widgets.scale import HEIGHTS, Scale, heights, shades, zoomed
from debugger.widgets.timeline_rows import landmarks

steps = st.integers(0, 10**12)


@given(steps, st.integers(1, 10**10), st.integers(1, 300))
def test_every_cell_shows_the_step_it_stands_for(first: int, span: int, cells: int) -> None:
    scale = Scale(first, first + span, cells)
    for cell in {0, cells // 2, cells - 1}:
        step = scale.step(cell)
        if span >= cells:
            assert scale.cell(step) == cell


@given(steps, st.integers(1, 300), st.floats(0, 1), st.integers(0, 40))
def test_zooming_stays_inside_and_keeps_the_step(
    total: int, cells: int, part: float, times: int
) -> None:
    around = int(total * part)
    first, last = 0, total + 1
    for _ in range(times):
        first, last = zoomed(first, last, total, 0.5, around, cells)
    assert 0 <= first <= around < last <= total + 1
    assert last - first >= min(cells, total + 1)
    for _ in range(times + 1):
        first, last = zoomed(first, last, total, 2, around, cells)
    assert (first, last) == (0, total + 1)


def test_anything_above_nothing_shows() -> None:
    assert heights([0.0, 1e-9, 0.5, 1.0, None]) == " ▁▄█┄"
    assert shades([0.0, 1e-9, 1.0]) == " ░█"
    assert len(HEIGHTS) == 9


def test_one_trap_among_a_billion_steps_shows() -> None:
    scale = Scale(0, 10**9, 50)
    events = [EventView(s, "output", "") for s in range(0, 10**9, 10**6)]
    events.insert(500, EventView(500_000_001, "trap", "unreachable"))
    view = TimelineView(
        10**9, 0, 0, 10**9, (), (), tuple(events), (("a", 500_000_000), ("b", 1)), (),
        (500_000_002,),
    )  # fmt: skip
    found = landmarks(scale, view)
    assert (found[25].sign, found[25].step) == ("✖", 500_000_001)
    assert found[0].sign == "b"
    assert found[1].sign == "·"
