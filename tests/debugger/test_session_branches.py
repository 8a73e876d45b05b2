"""What if: edits by words, branches, and what they are compared with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debugger.batch import Script, run_batch
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, VECTORS, opened, run

TYPES = """
(module
  (memory (export "memory") 2)
  (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2))
  (global $f (mut f32) (f32.const 3)) (global $d (mut f64) (f64.const 4))
  (global $c i32 (i32.const 5)) (global $r (mut funcref) (ref.func $all))
  (func $all (export "all") (param $a i32) (param $b i64) (param $x f32) (param $y f64)
    (result i32 i64 f32 f64)
    (drop (i32.add (local.get $a) (i32.const 7)))
    (local.get $a) (local.get $b) (local.get $x) (local.get $y)))
"""


@pytest.fixture
def walk(tmp_path: Path) -> Session:
    return opened(tmp_path, invoke="walk", args=["5"])


@pytest.fixture
def typed(tmp_path: Path) -> Session:
    return opened(tmp_path, TYPES, invoke="all", args=["1", "2", "3", "4"])


@pytest.mark.parametrize(("edit", "look", "expected"), [
    ("$a = -1", "$a", "i32 -1"), ("var $0 = 0x10", "$a", "i32 16"),
    ("b = $b + 40", "$b", "i64 42"), ("$b = $a", "$b", "i64 1"),
    ("$x = 1.5", "$x", "f32 1.5"), ("$x = $y / 3", "$x", "f32 1.3333334"),
    ("$y = nan", "$y", "f64 nan"), ("$y = -0.0", "$y", "f64 -0.0"), ("$y = 7", "$y", "f64 7.0"),
    ("global[0] = 99", "$i", "i32 99"), ("$l = 1 << 40", "$l", "i64 1099511627776"),
    ("d = 0.5", "$d", "f64 0.5"), ("$r = null", "$r", "funcref null"),
    ("i32[8] = -2", "i32[8]", "i32 -2"), ("{int}8 = 5", "i32[8]", "i32 5"),
    ("{unsigned char}8 = 255", "u8[8]", "i32 255"), ("{double} 16 = 2.5", "f64[16]", "f64 2.5"),
    ("{long long}8 = -1", "i64[8]", "i64 -1"), ("u32[4] = 0xffffffff", "u32[4]", "i64 4294967295"),
    ("0x20 = 17", "u8[0x20]", "i32 17"), ("0x20, 4 = 0x01020304", "u8[0x23]", "i32 1"),
    ('{char[4]}0x20 = "a\\n\\xff"', "u32[0x20]", "i64 16714337"),
    ('0x20, 4 = "z"', "i32[0x20]", "i32 122"), ('0x20 = "ä"', "u16[0x20]", "i32 42179"),
    ("i32[4 + 4] = i32[8] + 3", "i32[8]", "i32 3"),
])
def test_an_edit_is_there_at_once_and_only_on_its_branch(
    typed: Session, edit: str, look: str, expected: str
) -> None:
    before = run(typed, f"print {look}").text
    run(typed, f"set {edit}")
    assert run(typed, f"print {look}").text.startswith(expected)
    assert typed.branch == "b1" and typed.cursor == 0
    run(typed, "step", "back")
    assert run(typed, f"print {look}").text.startswith(expected)
    run(typed, "branch main")
    assert run(typed, f"print {look}").text == before


@pytest.mark.parametrize("edit", [
    "", "$a", "= 5", "$a =", "$zz = 5", "$a = 1.5", "$a = 99999999999", "$a = null", "$a = zz",
    "$c = 6", "$r = 5", "global[9] = 1", "stack(0) = 1", "0x20 = 256", "0x20 = -129",
    "0x1ffff, 4 = 1", "i32[0x20000] = 1", "memory 1: 0 = 1", "{struct}8 = 1", "0x20, 3 = 1",
    "0x20, 2 = \"abc\"", "i32[-1] = 0", "$a == 5", "0x20 = \"\"", "0x20 = \"\\x\"",
])
def test_what_is_no_edit_is_said_and_starts_nothing(typed: Session, edit: str) -> None:
    with pytest.raises(CommandError):
        run(typed, f"set {edit}")
    assert typed.branch == "main" and len(typed.branches()) == 1


def test_an_operand_changes_what_comes_of_it(typed: Session) -> None:
    run(typed, "step 2")
    assert [v.text for v in typed.state().stack] == ["7", "1"]
    run(typed, "set stack(1) = 100", "step")
    assert [v.bits for v in typed.state().stack] == [107]


def test_a_vector_is_edited(tmp_path: Path) -> None:
    session = opened(tmp_path, VECTORS, invoke="mix", args=["3"])
    run(session, "step 10", "set $sum = 5")
    assert session.state().globals[0].bits == 5


def test_a_branch_runs_its_own_way_and_main_stays(walk: Session) -> None:
    run(walk, "run")
    end, output = walk.total, walk.output().text
    run(walk, "goto 66", "set $n = 2", "run")
    assert walk.total < end and walk.output().text != output
    assert walk.ended and "finished" in walk.history().end
    run(walk, "branch main", "end")
    assert (walk.total, walk.cursor, walk.output().text) == (end, end, output)
    run(walk, "branch b1")
    run(walk, "goto 10", "branch main")
    assert walk.cursor == 10, "what is before the fork is the same step of both"


def test_several_edits_at_once_are_one_branch_and_a_later_one_another(typed: Session) -> None:
    run(typed, "set $a = 5", "set $b = 6")
    assert [view.name for view in typed.branches()] == ["main", "b1"]
    assert typed.branches()[1].edit == "$a 1 → 5, $b 2 → 6"
    run(typed, "step", "set $b = 7")
    last = typed.branches()[-1]
    assert (last.name, last.parent, last.fork) == ("b2", "b1", 1)
    assert [v.bits for v in typed.state().locals[:2]] == [5, 7]
    run(typed, "branch-next")
    assert typed.branch == "main" and typed.state().locals[0].bits == 1


def test_undo_of_an_edit_is_back_on_main_and_redo_on_the_branch(walk: Session) -> None:
    run(walk, "goto 66", "set $n = 2", "step", "undo")
    assert (walk.branch, walk.cursor) == ("b1", 66)
    run(walk, "undo")
    assert (walk.branch, walk.cursor) == ("main", 66)
    run(walk, "redo")
    assert (walk.branch, walk.cursor) == ("b1", 66)
    run(walk, "undo", "undo")
    assert (walk.branch, walk.cursor) == ("main", 0)


def test_branches_are_forgotten(walk: Session) -> None:
    run(walk, "goto 66", "set $n = 2", "step 3", "set $n = 3")
    for name in ("b2", "main", "b9", ""):
        with pytest.raises(CommandError):
            run(walk, f"branch-delete {name}")
    run(walk, "branch-delete b1")
    assert [view.name for view in walk.branches()] == ["main", "b2"]
    assert walk.branches()[1].parent == "main"
    run(walk, "goto 5", "run", "goto 70")
    assert run(walk, "compare main").data["forked"] == 66


def test_watching_goes_on_in_every_branch(walk: Session) -> None:
    run(walk, "goto 66", "watch $sum", "watch $calls", "run", "start", "goto 66")
    totals = [run(walk, f"hits {n}").hits.total for n in (1, 2)]
    run(walk, "set $n = 2", "run")
    fewer = [run(walk, f"hits {n}").hits.total for n in (1, 2)]
    assert all(a > b for a, b in zip(totals, fewer, strict=True))
    run(walk, "branch main")
    assert [run(walk, f"hits {n}").hits.total for n in (1, 2)] == totals
    run(walk, "start", "continue")
    assert walk.last is not None and walk.last.reason == "watchpoint"


def test_host_calls_are_answered_from_the_recording_while_they_are_the_same(
    walk: Session,
) -> None:
    run(walk, "run", "goto 66", "set $sum = 1000", "run")
    view = walk.branches()[1]
    assert (view.replayed, view.live) == (4, None), "the sum is not printed"
    run(walk, "branch main", "goto 0", 'set 16 = "no\\n"', "run")
    view = walk.branches()[2]
    assert view.replayed == 0 and view.live is not None
    assert walk.output().text == "no\n" * 5


def test_comparing_tells_where_they_part(walk: Session) -> None:
    run(walk, "run", "goto 66", "set $n = 2", "run")
    found = walk.compare()
    assert found.forked == 66
    ours, theirs = found.sides
    assert (ours.name, theirs.name, theirs.total) == ("b1", "main", 236)
    assert theirs.event_step is not None and ours.end != theirs.end
    here = walk.cursor
    same = walk.compare("main", 66)
    assert [value[0] for value in same.values] == ["$n of func[4] walk"] and not same.memory
    assert walk.cursor == here and walk.branch == "b1"
    assert not walk.compare("main", 65).values, "before the fork they are one"
    with pytest.raises(CommandError, match="not recorded"):
        walk.compare("main", theirs.total + 5)


def test_two_branches_that_are_the_same_say_so(walk: Session) -> None:
    run(walk, "run", "goto 66", "set $n = $n", "run")
    text = run(walk, "compare").text
    assert "no host call differs" in text and "the same" in text.splitlines()[-1]


def test_the_edit_stands_out_and_the_header_says_the_branch(walk: Session) -> None:
    run(walk, "goto 66")
    walk.screen(Layout())
    run(walk, "set $n = 77")
    view = walk.screen(Layout())
    assert view.header.branch == "b1"
    assert {v.name: v.before for v in view.state.locals}["$n"] == "5"
    assert [b.name for b in view.branches] == ["main", "b1"]


def test_there_is_nothing_to_edit_at_the_end(walk: Session) -> None:
    run(walk, "run")
    with pytest.raises(CommandError, match="ended"):
        run(walk, "set $calls = 5")


def test_marks_before_the_fork_are_marks_of_the_branch(walk: Session) -> None:
    run(walk, "goto 10", "mark a", "goto 80", "mark b", "goto 66", "set $n = 2")
    assert walk.marks() == (("a", 10),)
    run(walk, "goto-mark a", "branch main")
    assert [letter for letter, _ in walk.marks()] == ["a", "b"]


def test_json(walk: Session, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["run", "goto 66", "set $n = 2", "info branches", "compare"]
    assert run_batch(walk, [Script("text", line) for line in lines], as_json=True) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[2]["reason"] == "edit"
    assert objects[3]["result"]["branches"][1]["edit"].startswith("$n 5 → 2")
    assert objects[4]["result"]["forked"] == 66


def test_the_planted_corruption_is_gone_where_the_bad_byte_is_mended() -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    run(session, "run", "goto 96759")
    bad = run(session, "print i32[0x101e0]").data["bits"]
    run(session, "goto 96758")
    good = run(session, "print i32[0x101e0]").data["bits"]
    assert good != bad
    run(session, "step", f"set {{int}}0x101e0 = {good}", "run")
    assert session.history().end != "trap unreachable" or session.total != 3_535_899
    session.close()
