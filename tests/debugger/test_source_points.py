"""Breakpoints, log-points and watchpoints that know the variables of the source."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from debugger.exchange import Arrival, CommandError
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, run


def _line(program: str, text: str) -> int:
    source = next((PROGRAMS / program.partition(".")[0]).glob(program))
    return 1 + next(i for i, line in enumerate(source.read_text().splitlines()) if text in line)


@pytest.fixture
def orders() -> Iterator[Session]:
    with Session.open(PROGRAMS / "orders.wasm", invoke="run", args=["3"]) as session:
        yield session


@pytest.fixture
def shapes() -> Iterator[Session]:
    with Session.open(PROGRAMS / "shapes.wasm", invoke="run", args=["30"]) as session:
        yield session


def _hits(session: Session) -> list[int]:
    """The steps at which `continue` stops."""
    found = []
    while run(session, "continue").arrival.reason == "breakpoint":  # type: ignore[union-attr]
        found.append(session.cursor)
    return found


# Each must say at every hit what `print` says there.
CONDITIONS = [
    "order->number > 1", "order->number == 2 && order->urgent", "order->weight % 2 == 1",
    "order->state == SHIPPED", "order->state != PAID", "order->customer[0] == 'A'",
    "order->next != 0", "!order->next", "order->next && order->next->number == 3",
    "order->discount > 0.1", "order->discount * 4 == 1", "-order->number < -1",
    "order->items[1].price / 100 == 4", "order->items[order->number - 1].amount > 3",
    "(order + 0)->number == 1", "order == &first", "*&order->number == 3", "visited >= 4",
    "first.number + order->number == 3", "(char) order->items[0].price < 0",
    "(unsigned char) order->items[0].price > 150", "order->number - 2 < 0u",
    "(long long) order->items[0].price << 20 > 25000 << 20", "sizeof(struct order) == 60",
    "sum == 0", "~order->number == -2", "order->items[0].amount >> 1 == 1", "1.5 < order->number",
    "(order->number ^ 3) == 1 || order->number == 3", "order->items[0].name[0] == 'd'",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_native_conditions_are_what_print_says(orders: Session, condition: str) -> None:
    place = f"orders.c:{_line('orders.c', 'for (int i = 0; i < 2')}"
    run(orders, f"break {place}")
    everywhere = _hits(orders)
    assert len(everywhere) == 9
    wanted = []
    for step in everywhere:
        orders.goto(step)
        text = run(orders, f"print {condition}").text
        assert text in ("bool = true", "bool = false"), text
        wanted += [step] if text == "bool = true" else []
    run(orders, "delete", "start", f"break {place} if {condition}")
    assert _hits(orders) == wanted
    assert wanted != everywhere or condition.startswith(("sizeof", "sum"))


def test_conditions_backwards_and_counts(orders: Session) -> None:
    run(orders, f"break orders.c:{_line('orders.c', 'double factor')} if order->number == 2")
    forwards = _hits(orders)
    assert len(forwards) == 3
    back = []
    while run(orders, "reverse-continue").arrival.reason == "breakpoint":  # type: ignore[union-attr]
        back.append(orders.cursor)
    assert back == forwards[::-1]
    view = orders.hits(1)
    assert [row.step for row in view.rows] == forwards


def test_a_condition_on_optimised_code(shapes: Session) -> None:
    run(shapes, "break geometry::largest if values[1] > 20 && count == 2")
    assert len(_hits(shapes)) == 1
    run(shapes, "start", "delete", "break measure if limit > 29")
    assert _hits(shapes)
    run(shapes, "start", "delete", "break measure if limit > 30")
    assert not _hits(shapes)


@pytest.mark.parametrize(("condition", "fault"), [
    ("order->nothing > 1", "has no member 'nothing'"), ("nowhere > 1", "called 'nowhere'"),
    ("order > 1 +", "breaks off"), ("order->items > 1.0 % 2", "not for floats"),
    ("*order", "is no number"), ("(int) order->discount == 0", "can't make an integer of a float"),
])
def test_conditions_that_make_no_sense(orders: Session, condition: str, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        run(orders, f"break total if {condition}")


def test_words_of_wasm_are_conditions_still(orders: Session) -> None:
    run(orders, "break total if $0 != 0 && i32[$0] == 3")
    assert len(_hits(orders)) == 3


def test_log_points_print_variables(orders: Session) -> None:
    line = _line("orders.c", "double factor")
    run(orders, f'dprintf orders.c:{line}, "{{order->number}}: %d of %g", sum, order->discount')
    result = run(orders, "continue")
    assert [text.split("  ", 1)[1] for text in result.data["printed"]][:3] == [  # type: ignore[union-attr]
        "1: 9180 of 0.25", "2: 25000 of 0.05", "3: 1650 of 0"]


def _continue(session: Session) -> Arrival:
    arrival = run(session, "continue").arrival
    assert arrival is not None
    return arrival


def test_a_watched_variable_ends_with_its_frame(orders: Session) -> None:
    run(orders, "break total", "continue", "delete")
    assert "sum of total (0x" in run(orders, "watch sum").text
    seen = []
    while (arrival := _continue(orders)).reason == "watchpoint":
        seen.append(arrival.message)
    assert any("0 → 7980" in text for text in seen) and any("→ 9180" in text for text in seen)
    assert arrival.reason == "gone" and "its function has returned" in arrival.message
    assert orders.calls().frames[0].name == "run"
    assert [each.enabled for each in orders.breakpoints()] == [False]
    while run(orders, "reverse-continue").arrival.reason == "watchpoint":  # type: ignore[union-attr]
        pass
    assert orders.cursor == 0


def test_a_watched_location_outlives_the_frame(orders: Session) -> None:
    run(orders, "break total", "continue", "delete", "watch -l sum")
    found = []
    while (arrival := _continue(orders)).reason == "watchpoint":
        found.append(arrival.step)
    assert arrival.reason == "finished" and len(found) > 6
    run(orders, "start", "delete", "watch visited if visited > 2 && new < 5")
    seen = []
    while (arrival := _continue(orders)).reason == "watchpoint":
        seen.append(arrival.message)
    assert [text.split(": ")[1].split(" at ")[0][-5:] for text in seen] == ["2 → 3", "3 → 4"]


def test_a_condition_of_a_watch_sees_the_frame_it_was_set_in(orders: Session) -> None:
    run(orders, "break total", "continue", "delete",
        "watch sum if order->number == 1 && new > 8000")
    arrival = _continue(orders)
    assert arrival.reason == "watchpoint" and "7980 → 9180" in arrival.message
    assert _continue(orders).reason == "gone"


def test_an_optimised_variable_is_watched_in_its_local(shapes: Session) -> None:
    run(shapes, "break geometry::largest", "continue", "delete")
    for name in ("values", "count"):
        assert f"on {name} of int geometry::largest<int>" in run(shapes, f"watch {name}").text
    with pytest.raises(CommandError, match="best is optimized out here"):
        run(shapes, "watch best")
    assert _continue(shapes).reason in ("watchpoint", "gone")


def _names(session: Session) -> list[str]:
    return [frame.name for frame in session.calls().frames]


def test_finish_leaves_an_inlined_call(shapes: Session) -> None:
    run(shapes, "break measure", "continue", "delete")
    frames = _names(shapes)
    inlined = [frame.inlined for frame in shapes.calls().frames]
    assert inlined[0]
    before = shapes.cursor
    run(shapes, "finish")
    assert _names(shapes) == frames[1:] and shapes.cursor > before
    run(shapes, f"goto {before}", f"frame {len(frames) - 2}", "finish")
    assert _names(shapes) == ["run"]


def test_reverse_finish_goes_to_before_an_inlined_call(shapes: Session) -> None:
    run(shapes, f"break shapes.cpp:{_line('shapes.cpp', 'int result = value > limit')}", "continue")
    assert _names(shapes) == ["geometry::clamp", "measure", "run"]
    entered = shapes.cursor
    run(shapes, "delete", "reverse-finish")
    assert _names(shapes) == ["measure", "run"] and shapes.cursor < entered
    run(shapes, "reverse-finish")
    assert _names(shapes) == ["run"] and "call" in shapes.line_here()


def test_finish_of_a_selected_frame(orders: Session) -> None:
    run(orders, "break line_total", "continue", "delete", "up", "finish")
    assert _names(orders) == ["run"]
    run(orders, "start", "break line_total", "continue", "delete", "frame 1", "reverse-finish")
    assert _names(orders) == ["run"] and "call" in orders.line_here()
