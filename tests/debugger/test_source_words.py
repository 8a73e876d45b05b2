"""Source level in words: programs with debug info in C and C++, through batch commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from gabagool import Position
from tests.debugger.sessions import PROGRAMS, batch, run


@pytest.fixture
def orders() -> Iterator[Session]:
    session = Session.open(PROGRAMS / "orders.wasm", invoke="run", args=["2"])
    yield session
    session.close()


@pytest.fixture
def shapes() -> Iterator[Session]:
    session = Session.open(PROGRAMS / "shapes.wasm", invoke="run", args=["30"])
    yield session
    session.close()


def _source(name: str) -> list[str]:
    return (PROGRAMS / name.partition(".")[0] / name).read_text().splitlines()


def _line(name: str, words: str) -> int:
    """The line of a source that has these words."""
    return next(i for i, text in enumerate(_source(name), 1) if words in text)


def at(session: Session) -> tuple[str, int]:
    line = session.line_at()
    assert line is not None
    return line.file.rpartition("/")[2], line.line


def test_a_breakpoint_at_a_line(orders: Session) -> None:
    wanted = _line("orders.c", "return (cents)(sum * factor)")
    result = run(orders, f"break orders.c:{wanted}")
    assert result.text.endswith(f"orders.c:{wanted}")
    result = run(orders, "continue")
    assert result.arrival is not None and result.arrival.reason == "breakpoint"
    assert at(orders) == ("orders.c", wanted)
    assert "sum * factor" in str(result.data["source"])


def test_a_line_without_code_is_the_next_one_that_has(orders: Session) -> None:
    comment = 1
    run(orders, f"break orders.c:{comment}", "continue")
    assert at(orders)[1] == _line("orders.c", "static cents line_total")


def test_a_function_stops_behind_its_prologue(orders: Session) -> None:
    run(orders, "break total", "continue")
    assert run(orders, "print *order").text.startswith(
        "const struct order = {number = 1, state = PAID, customer = \"Al\"")


def test_unknown_files_and_lines_are_said(orders: Session) -> None:
    with pytest.raises(CommandError, match=r"no source file 'order\.c'; did you mean orders\.c"):
        run(orders, "break order.c:3")
    with pytest.raises(CommandError, match="no code at line 5000"):
        run(orders, "break orders.c:5000")


def test_variables_by_name_and_type(orders: Session) -> None:
    run(orders, f"break orders.c:{_line('orders.c', 'return (cents)(sum')}", "continue")
    result = run(orders, "info locals")
    found = {each["name"]: (each["type"], each["value"])
             for each in result.data["locals"]}     # type: ignore[attr-defined]
    assert found["sum"] == ("cents", "9180")
    assert found["factor"] == ("double", "0.75")
    assert found["order"][0] == "const struct order *"


@pytest.mark.parametrize(("expression", "shown"), [
    ("order->number", "int = 1"),
    ("order->state", "enum state = PAID"),
    ("order->state == 1", "bool = true"),
    ("order->customer", 'char [12] = "Al"'),
    ("order->customer[1]", "char = 108 'l'"),
    ("order->items[1].name", 'const char *'),
    ("*order->items[1].name", "const char = 98 'b'"),
    ("order->next->state", "enum state = SHIPPED"),
    ("order->next->urgent", "unsigned int = 1"),
    ("order->next->weight + 1", "unsigned int = 91"),
    ("order->next->next->next", "struct order * = 0x0"),
    ("order->discount * 4", "double = 1"),
    ("sum / 2 - 1", "unsigned int = 4589"),
    ("(short) order->items[0].price", "short = 3990"),
    ("sizeof(struct order)", "unsigned int = 64"),
    ("&order->items[1] - &order->items[0]", "int = 1"),
    ("(&order->items[0] + 1)->amount", "short = 4"),
    ("((struct order *)order->next)->number", "int = 2"),
    ("first.number << 4 | 3", "int = 19"),
    ("-7 / 2", "int = -3"),
    ("!visited && order", "bool = true"),
    ("'a' + 1", "int = 98"),
])
def test_expressions(orders: Session, expression: str, shown: str) -> None:
    run(orders, f"break orders.c:{_line('orders.c', 'return (cents)(sum')}", "continue")
    assert run(orders, f"print {expression}").text.startswith(shown)


@pytest.mark.parametrize(("expression", "fault"), [
    ("nobody", "no variable is called 'nobody'"),
    ("order->nothing", "has no member 'nothing': number, state"),
    ("sum->x", "no pointer"),
    ("*sum", "no pointer"),
    ("sum / 0", "division by zero"),
    ("&1", "no address"),
    ("(struct nobody *) order", "no type is called"),
    ("order->", "breaks off"),
    ("sum +* 3)", "is no pointer|not expected"),
    ("*(struct order *)0x7fffffff", "no memory"),
    ("(" * 100, "nested|breaks off"),
])
def test_expressions_that_make_no_sense(orders: Session, expression: str, fault: str) -> None:
    run(orders, "break total", "continue")
    with pytest.raises(CommandError, match=fault):
        run(orders, f"print {expression}")


def test_wasm_expressions_still_work(orders: Session) -> None:
    run(orders, "break total", "continue")
    assert run(orders, "print $0").text.startswith("i32 ")
    assert run(orders, "x/1dw &first").data["values"] == ["1"]
    assert run(orders, "x/1dw order").data["values"] == ["1"]


def _walk(session: Session, word: str) -> list[int]:
    """The steps at which a motion stops until it ends."""
    found = []
    while True:
        arrival = run(session, word).arrival
        assert arrival is not None
        if arrival.reason != "step":
            return found
        found.append(session.cursor)


Entered = tuple[int, tuple[int, ...]]


def _entries(session: Session) -> list[Entered]:
    """By executing instruction by instruction: the step and the frames (by the steps at which
    they began) of every line entered."""
    run(session, "run", "start")
    frames: list[tuple[int, object]] = []       # of each frame: where it began, its line
    found = []
    for step in range(session.total):
        session.goto(step)
        place, depth = _machine_place(session)
        del frames[depth:]
        while len(frames) < depth:
            frames.append((step, None))
        stops = session._symbols().line_stops(place.instance, place.funcidx)
        for stop in stops:
            line = stop.file, stop.line, stop.inlined
            if stop.offset == place.offset and frames[-1][1] != line:
                frames[-1] = frames[-1][0], line
                found.append((step, tuple(began for began, _ in frames)))
    return found


def _machine_place(session: Session) -> tuple[Position, int]:
    assert session._nav is not None
    machine = session._nav.machine
    assert machine.position is not None
    return machine.position, machine.depth


@pytest.mark.parametrize(("program", "argument"), [("orders", "1"), ("shapes", "30")])
def test_reverse_step_visits_every_line_entered(program: str, argument: str) -> None:
    session = Session.open(PROGRAMS / f"{program}.wasm", invoke="run", args=[argument])
    entries = [step for step, _ in _entries(session)]
    assert len(entries) > 15
    run(session, "end")
    visited = _walk(session, "reverse-step")
    assert visited == entries[::-1]
    session.close()


def test_reverse_next_stays_in_the_frame_or_goes_to_its_caller(orders: Session) -> None:
    entries = _entries(orders)
    for step, frames in entries[1::7]:
        orders.goto(step)
        before = [s for s, f in entries if s < step and f == frames[:len(f)]]
        arrival = run(orders, "reverse-next").arrival
        assert arrival is not None
        assert arrival.step == before[-1]


@pytest.mark.parametrize(("program", "argument"), [("orders", "1"), ("shapes", "30")])
def test_step_stops_where_lines_begin_or_calls_return(program: str, argument: str) -> None:
    session = Session.open(PROGRAMS / f"{program}.wasm", invoke="run", args=[argument])
    entries = {step for step, _ in _entries(session)}
    run(session, "start")
    visited = _walk(session, "step")
    assert len(visited) > 10
    for step in set(visited) - entries:
        session.goto(step - 1)
        _, depth = _machine_place(session)
        session.goto(step)
        assert _machine_place(session)[1] < depth       # right behind a return
    session.close()


def test_next_goes_over_calls_and_step_into_them(orders: Session) -> None:
    call = _line("orders.c", "sum += line_total")
    run(orders, f"break orders.c:{call}", "continue")
    depth = orders.calls().total
    run(orders, "next")
    assert orders.calls().total == depth
    run(orders, "reverse-next")
    assert at(orders)[1] == call
    run(orders, "step")
    assert at(orders)[1] == _line("orders.c", "return item->price")
    run(orders, "reverse-step")             # the opening line of the function
    assert at(orders)[1] == _line("orders.c", "static cents line_total")
    run(orders, "reverse-step")
    assert at(orders)[1] == call and orders.calls().total == depth


def test_next_in_recursion_stays_in_its_frame(orders: Session) -> None:
    inner = _line("orders.c", "int rest = longest")
    run(orders, f"break orders.c:{inner}", "continue", "delete")
    depth = orders.calls().total
    run(orders, "next")
    assert orders.calls().total == depth
    assert at(orders)[1] == inner + 1
    run(orders, "reverse-next")
    assert orders.calls().total == depth and at(orders)[1] == inner


def test_a_breakpoint_on_the_way_stops_a_line_step(orders: Session) -> None:
    run(orders, f"break orders.c:{_line('orders.c', 'cents due = total')}", "continue",
        "break line_total")
    result = run(orders, "next")
    assert result.arrival is not None and result.arrival.reason == "breakpoint"
    assert at(orders)[1] == _line("orders.c", "return item->price")


def test_stepi_is_one_instruction_whatever_the_unit(orders: Session) -> None:
    assert orders.unit == "line"
    before = orders.cursor
    run(orders, "stepi", "nexti")
    assert orders.cursor == before + 2
    run(orders, "reverse-stepi", "reverse-nexti")
    assert orders.cursor == before
    run(orders, "step-by instruction", "step 3")
    assert orders.cursor == before + 3


def test_without_debug_info_nothing_changes() -> None:
    session = Session.open(PROGRAMS / "stair_climb.wasm", invoke="stair_climb", args=["20"])
    assert session.unit == "instruction" and not session.has_source
    run(session, "step")
    assert session.cursor == 1
    with pytest.raises(CommandError, match="compile it with -g"):
        run(session, "step-by line")
    with pytest.raises(CommandError, match="compile it with -g"):
        run(session, "info source")
    session.close()


def test_inlined_calls_have_frames(shapes: Session) -> None:
    run(shapes, "break measure", "continue")
    names = [frame.name for frame in shapes.calls().frames]
    assert names[-2:] == ["measure", "run"]
    assert "geometry::Shape::move" in names
    frames = shapes.calls().frames
    assert [frame.inlined for frame in frames] == [True] * (len(frames) - 2) + [False] * 2
    assert frames[-2].line == _line("shapes.cpp", "shape.move({1, 2})")
    assert "(inlined)" in run(shapes, "backtrace").text
    run(shapes, f"frame {len(frames) - 2}")
    assert "limit" in run(shapes, "info locals").text
    assert run(shapes, "print limit").text == "int = 30"
    with pytest.raises(CommandError, match="there is no frame 40"):
        run(shapes, "frame 40")


def test_cpp_names(shapes: Session) -> None:
    run(shapes, "break geometry::Box::area", "break largest", "continue")
    assert shapes.calls().frames[0].name == "geometry::Box::area"
    assert "width = 4, height = 9" in run(shapes, "print *this").text
    run(shapes, "continue")
    assert shapes.calls().frames[0].name.startswith("geometry::largest")
    assert run(shapes, "print count").text == "int = 2"


def test_list(orders: Session) -> None:
    run(orders, "break total", "continue")
    text = run(orders, "list").text
    assert "►" in text and "static cents total(const struct order *order) {" in text
    assert "EXPORT(run) int run(int times) {" in run(orders, "list run").text
    assert run(orders, "list orders.c:1").data["first"] == 1
    assert run(orders, "info line orders.c:43").data["places"]
    assert run(orders, "info sources").data["sources"] == ["orders/orders.c"]
    assert run(orders, "info source").data["line"] == at(orders)[1]


def test_sources_that_are_elsewhere(tmp_path: Path) -> None:
    module = tmp_path / "orders.wasm"
    module.write_bytes((PROGRAMS / "orders.wasm").read_bytes())
    session = Session.open(module, invoke="run", args=["1"])
    run(session, "break total", "continue")
    text = run(session, "list").text
    assert "orders.c is not here" in text and "directory DIR" in text
    assert "local.get" in text                       # instructions instead
    run(session, f"directory {PROGRAMS / 'orders'}")
    assert "static cents total" in run(session, "list").text
    run(session, "directory")
    assert "is not here" in run(session, "list").text
    session.close()
    session = Session.open(module, invoke="run", args=["1"], source_dirs=[str(PROGRAMS)])
    run(session, "break total", "continue")
    assert "static cents total" in run(session, "list").text
    session.close()


def test_batch_prints_lines(orders: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch(orders, "break total", "continue", "info locals", "next", "backtrace") == 0
    printed = capsys.readouterr().out
    assert "order  = 0x" in printed and "total(order=0x" in printed and "at orders.c:" in printed


def test_a_line_step_stops_at_writes_and_conditions_hold_on_the_way(orders: Session) -> None:
    call = _line("orders.c", "sum += line_total")
    run(orders, f"break orders.c:{call}", "continue", "delete")
    assert "sum of total (0x" in run(orders, "watch sum").text
    result = run(orders, "next")
    assert result.arrival is not None and result.arrival.reason == "watchpoint"
    assert at(orders)[1] == call and ".store" in str(result.data["line"])
    written = orders.cursor
    run(orders, "next", "reverse-next")
    assert result.arrival is not None and orders.cursor == written
    run(orders, "delete", f"break orders.c:{call + 1} if 0")
    assert run(orders, "next").arrival.reason == "step"     # type: ignore[union-attr]


def test_a_log_point_prints_once_on_a_line_step(orders: Session) -> None:
    call = _line("orders.c", "sum += line_total")
    run(orders, f"break orders.c:{call}", "continue", 'dprintf line_total, "called"',
        f'dprintf orders.c:{call}, "here"')
    assert len(run(orders, "next").data["printed"]) == 1    # type: ignore[arg-type]


def test_a_line_that_became_several_places_is_one_breakpoint(shapes: Session) -> None:
    line = _line("shapes.cpp", "shape.move({1, 2})")
    point = shapes.add_break(f"shapes.cpp:{line}")
    assert [each.number for each in shapes.breakpoints()] == [point.number]
    assert shapes.toggle_line_break("shapes.cpp", line) is None
    assert not shapes.breakpoints()
    again = shapes.toggle_line_break("shapes.cpp", line)
    assert again is not None and again.places == point.places


def test_words_of_wasm_are_understood_beside_those_of_the_source(orders: Session) -> None:
    run(orders, f"break orders.c:{_line('orders.c', 'return (cents)(sum')}", "continue")
    for wasm in ("$0", "i32[0x100]", "global[0]", "$0 + 8", "sum + $0"):
        assert run(orders, f"print {wasm}").text
    assert "sum" not in run(orders, "info wasm-locals").text
    with pytest.raises(CommandError, match=r"no table\[9999\]"):
        run(orders, "print table[9999]")


def test_types_of_the_source(orders: Session) -> None:
    run(orders, "break total", "continue")
    assert run(orders, "whatis order->items").text == "struct item [2]"
    assert run(orders, "whatis sum").text == "cents"
    assert run(orders, "ptype sum").text == "unsigned int"
    assert run(orders, "ptype order->state").text == "enum state {OPEN, PAID, SHIPPED = 5}"
    assert run(orders, "ptype struct item").text == (
        "struct item {\n    const char *name;\n    cents price;\n    short amount;\n}"
        "  /* 12 bytes */")
    whole = run(orders, "ptype order").text
    assert whole.startswith("struct order {") and whole.endswith("}  /* 64 bytes */ *")
    assert "    char customer[12];" in whole and "    unsigned int urgent : 1;" in whole
    with pytest.raises(CommandError, match="called 'nothing'"):
        run(orders, "whatis nothing")
    assert run(orders, "whatis $0").text == "i32"
