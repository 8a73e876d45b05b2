"""Vectors in the debugger: every view of them, in every place that shows values."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import VECTORS, opened, run

from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.values import VECTOR_VIEWS

# i16x8 1 770 3 4 5 6 7 -8, as each view has it
SHOWN = {
    "i8x16": "i8x16 1 0 2 3 3 0 4 0 5 0 6 0 7 0 -8 -1",
    "i16x8": "i16x8 1 770 3 4 5 6 7 -8",
    "i32x4": "i32x4 50462721 262147 393221 -524281",
    "i64x2": "i64x2 1125912842207233 -2251769748520955",
    "f32x4": "f32x4 3.820357e-37 3.67346e-40 5.5102e-40 -nan:0x780007",
    "f64x2": "f64x2 5.5627485554607e-309 -nan:0x8000700060005",
    "hex": "0xfff80007000600050004000303020001",
}
AFTER_REPLACING = 13         # $x has been set for the second time


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = opened(tmp_path, VECTORS, invoke="mix", args=["3"])
    run(session, f"step {AFTER_REPLACING}")
    return session


@pytest.mark.parametrize("view", VECTOR_VIEWS)
def test_each_view(session: Session, view: str) -> None:
    assert run(session, f"lanes {view}").text == f"vectors are shown as {view}"
    assert session.vectors == view
    shown = SHOWN[view]
    assert run(session, "print $x").text == f"v128 {shown}"
    assert f"$x      v128 {shown}" in run(session, "info locals").text
    assert f"$x      v128 {shown}" in run(session, "step", "back", "info locals").text
    assert run(session, "goto 15", "info stack").text.splitlines()[0].startswith(
        f"0  v128 {view if view != 'hex' else '0x'}")
    assert run(session, "lanes i32x4", f"print/{view} $x").text == f"v128 {shown}"


def test_results_have_the_view(session: Session) -> None:
    assert run(session, "lanes hex", "run").text.splitlines()[0].endswith(
        "finished, result 0xffd0002a0024001e00180012080c0006")


def test_the_views_follow_each_other(session: Session) -> None:
    forwards = [run(session, "lanes").data["view"] for _ in VECTOR_VIEWS]
    assert sorted(map(str, forwards)) == sorted(VECTOR_VIEWS) and forwards[-1] == "i32x4"
    assert run(session, "lanes-back").data["view"] == forwards[-2]


def test_memory_as_a_vector(session: Session) -> None:
    run(session, "goto 24", "lanes i16x8")
    assert run(session, "print v128[19]").text == "v128 i16x8 3 6 9 12 15 18 21 -24"
    assert run(session, "print/x v128[19]").text.startswith("v128 0xffe8")


@pytest.mark.parametrize(("line", "fault"), [
    ("lanes i7x3", "'i7x3' is no view of vectors: i8x16"),
    ("print/d $x", "a vector is printed as one of i8x16"),
    ("print/i16x8 $n", "print takes one format letter"),
    ("print $x + 1", "there is no arithmetic on references and vectors"),
    ("x $x", "a vector is no address"),
    ("lanes-back 3", "lanes-back takes no arguments"),
])
def test_faults(session: Session, line: str, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        run(session, line)


def test_another_view_is_no_change(session: Session) -> None:
    """What a vector was is shown in the view of now."""
    layout = Layout()

    def x() -> tuple[str, str | None]:
        value = session.screen(layout).state.locals[1]
        return value.text, value.before

    assert x() == (SHOWN["i32x4"], None)
    session.show_vectors("i16x8")
    assert x() == (SHOWN["i16x8"], None)
    session.back(2)
    text, before = x()
    assert (text, before) == ("i16x8 1 2 3 4 5 6 7 -8", SHOWN["i16x8"])
    session.show_vectors("hex")
    assert x()[1] == SHOWN["hex"]
