"""Watchpoints, conditions, ignore counts, catches, log-points, hits, and what is kept of them."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from threading import Event

import pytest

from debugger.batch import Script, run_batch
from debugger.exchange import CommandError
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, opened, run

TEXT = """(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2) (table 4 funcref) (elem declare func $fact)
  (global $calls (mut i32) (i32.const 0)) (global $fixed i32 (i32.const 1))
  (func $fact (param $n i32) (result i32) (local $kept i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $kept (local.get $n))
    (if (i32.gt_s (local.get $n) (i32.const 1))
      (then (local.set $kept (i32.mul (local.get $n)
        (call $fact (i32.sub (local.get $n) (i32.const 1)))))))
    (local.get $kept))
  (func $count (param $n i32) (param $m i32) (result i32)
    (local.set $m (i32.add (local.get $m) (i32.const 1)))
    (if (i32.eqz (local.get $n)) (then (return (local.get $m))))
    (return_call $count (i32.sub (local.get $n) (i32.const 1)) (local.get $m)))
  (func $run (export "run") (param $rounds i32) (result i32) (local $i i32)
    (loop $again
      (i32.store (i32.const 16) (i32.and (local.get $i) (i32.const 2)))
      (i32.store (i32.const 65536) (call $fact (i32.const 3)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))
      (table.set (i32.const 1) (ref.func $fact))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (local.get $rounds))))
    (drop (memory.grow (i32.const 1)))
    (drop (call $count (i32.const 3) (i32.const 0)))
    unreachable))"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return opened(tmp_path, TEXT, invoke="run", args=["6"])


def forwards(session: Session) -> list[int]:
    """Steps at which it stops from the start to the end."""
    session.goto(0)
    steps = []
    while session.cont().reason in ("breakpoint", "watchpoint", "catchpoint"):
        steps.append(session.cursor)
    return steps


def backwards(session: Session) -> list[int]:
    session.run_to_end()
    steps = []
    while session.cont_back().reason in ("breakpoint", "watchpoint", "catchpoint"):
        steps.append(session.cursor)
    return steps[::-1]


def hits(session: Session, number: int) -> list[int]:
    view = session.hits(number, 0, 10_000)
    assert view.total == len(view.rows)
    return [row.step for row in view.rows]


@pytest.mark.parametrize("line", [
    "break fact", "break fact if $n == 1", "break *f?ct* if calls % 3 == 0", "break 2",
    "break fact if depth() > 3 && $kept == 0", "watch calls", "watch calls if new % 4 == 0",
    "watch i32[16]", "watch-writes i32[16]", "ww 16, 4 if new == old", "watch 65536, 8",
    "watch 0, 65536", "watch table[1]", "ww table[1]", "catch fd_write", "catch memory.grow",
    "catch i32.mul if depth() == 2", "watch $i", "ww $rounds", "rwatch 0, 4", "awatch i32[16]",
    "rwatch calls", "awatch calls if new == 3", "rwatch $i", "awatch $i", "rbreak ^f if $n == 2",
    "catch fd_write if $fd == 1 && $iovs_len == 0", "catch fd_write if $fd == 2", "catch table.*",
])
def test_backwards_is_forwards(session: Session, line: str) -> None:
    run(session, line)
    steps = forwards(session)
    never = ("ww $rounds", "catch fd_write if $fd == 2", "rwatch 0, 4")
    assert session.ended and bool(steps) == (line not in never)
    assert backwards(session) == steps
    assert hits(session, 1) == steps or steps[0] == 0 or hits(session, 1)[1:] == steps


def test_breakpoints_together_in_random_order(session: Session) -> None:
    rng, lines = random.Random(5), ["break fact if $n == 2", "watch calls", "watch i32[16]",
                                    "catch fd_write", "ww i32[65536]"]
    for _ in range(4):
        rng.shuffle(lines)
        session.delete_break()
        for line in lines[:-1]:
            run(session, line)
        assert forwards(session) == backwards(session)


def test_where_a_watchpoint_stops_and_what_it_says(session: Session) -> None:
    run(session, "watch i32[65536]")
    arrival = session.cont()
    assert (arrival.reason, arrival.message) == (
        "watchpoint", f"watchpoint 1: i32[0x10000] 0 → 6 at step {arrival.step:,}")
    assert "i32.store" in session.line_here() and session.read_memory(0, 65536, 1) == b"\0"
    session.step()
    assert session.read_memory(0, 65536, 1) == b"\6"
    run(session, "delete", "watch calls")
    arrival = session.cont()
    assert "$calls 3 → 4" in arrival.message and "global.set" in session.line_here()


def test_a_local_is_watched_in_one_activation(session: Session) -> None:
    run(session, "break fact if $n == 2", "continue", "delete", "watch $kept")
    first = session.cont()
    assert "$kept of fact 0 → 2" in first.message
    assert session.cont().reason == "gone", "2 → 2 is no change"
    session.enable_break(2, True)
    assert session.cont_back().reason == "watchpoint" and session.cursor == first.step
    assert session.cont_back().reason == "start"
    assert session.cont().step == first.step, "other activations' writes are none of its"
    session.run_to_end()
    assert session.hits(2).total == 1


def test_a_watched_local_goes_with_its_function(session: Session) -> None:
    run(session, "break fact if $n == 3", "continue", "delete", "watch $kept")
    assert [session.cont().reason for _ in range(3)] == ["watchpoint", "watchpoint", "gone"]
    assert "has returned" in session.last.message        # type: ignore[union-attr]
    assert not session.breakpoints()[0].enabled
    assert len(hits(session, 2)) == 2


def test_tail_calls_end_activations(session: Session) -> None:
    run(session, "break count if $n == 1", "continue", "delete", "ww $m")
    assert session.hits(2).total == 0, "it is not recorded yet"
    session.run_to_end()
    row, = session.hits(2).rows
    assert row.text == "2 → 3", "four activations write it, one after the other"


def test_the_last_writes_one_after_the_other(session: Session) -> None:
    session.run_to_end()
    steps = []
    while session.last_write("calls").reason == "step":
        steps.append(session.cursor)
    assert len(steps) == 18 and session.last is not None and session.last.reason == "unwritten"
    run(session, "break fact if $n == 2", "continue", "delete", "next", "next", "next", "next")
    here = session.cursor
    made = session.last_write("$n")
    assert made.step < here and "call" in session.line_here(), "an argument comes with the call"


def test_temporary_and_disabled_ones(session: Session) -> None:
    run(session, "tbreak fact")
    assert session.cont().reason == "breakpoint" and not session.breakpoints()
    assert session.cont().reason == "trap"
    run(session, "break fact", "disable 2", "goto 0")
    assert session.cont().reason == "trap"
    run(session, "enable 2", "goto 0", "tcatch fd_write")
    assert session.cont().reason == "breakpoint"


@pytest.mark.parametrize("line", ["break fact", "break f*t if $n > 0", "watch i32[65536]",
                                  "ww calls", "catch fd_write", "awatch calls", "break *f?ct*",
                                  "rwatch calls if new > 2", "rbreak f if $0 == 1"])
def test_ignored_hits(session: Session, line: str) -> None:
    run(session, line)
    steps = forwards(session)
    run(session, "ignore 1 2")
    assert forwards(session) == steps[2:]
    run(session, "ignore 1 2")
    assert backwards(session) == steps[:-2]
    assert session.breakpoints()[0].ignore == max(0, 2 - len(steps))


def test_catch_trap(session: Session) -> None:
    run(session, "catch trap")
    arrival = session.cont()
    assert arrival.message.startswith("catchpoint 1: trap unreachable") and session.ended
    assert session.breakpoints()[0].hits == 1


def test_log_points_print_forwards_and_tell_what_was(session: Session) -> None:
    session.run_to_end()
    result = run(session, 'dprintf fact if $n != 2, "n=%d {calls} %x %%", $n, 255', "goto 0",
                 "continue")
    printed = result.data["printed"]
    assert isinstance(printed, list) and len(printed) == 12
    assert printed[0].endswith("  n=3 0 ff %") and printed[1].endswith("  n=1 2 ff %")
    assert result.text.startswith(printed[0])
    view = session.hits(1, 2, 2)
    assert [row.text for row in view.rows] == ["n=3 3 ff %", "n=1 5 ff %"]
    assert session.cont_back().reason == "start" and not session.printed()
    run(session, "delete", 'dprintf fact, {i32[99999999]}')
    assert session.hits(2).rows[0].text == "<unavailable>"


def test_values_of_a_location(session: Session) -> None:
    session.run_to_end()
    view = session.changes("i32[16]")
    assert [row.text for row in view.rows] == ["0 → 2", "2 → 0"]
    assert view.total == 2 and "run" in view.rows[0].where
    assert session.changes("calls", 4, 3).rows[0].text == "4 → 5"
    assert [row.index for row in session.more_hits(16, 50).rows] == [16, 17]
    session.goto(view.rows[1].step)
    assert session.changes("i32[16]").before == 1
    assert session.changes("i32[16]", changed=False).total == 6
    assert session.changes("0, 65536").rows[0].text.startswith("0x10+4: ")


def test_counting_can_be_stopped(session: Session) -> None:
    session.run_to_end()
    stop = Event()
    stop.set()
    with pytest.raises(CommandError, match="stopped"):
        session.changes("calls", cancel=stop)
    assert session.changes("calls").total == 18


@pytest.mark.parametrize(("line", "complaint"), [
    ("watch", "needs a location"), ("watch nobody", "no local or global"),
    ("watch 9999999", "outside"),
    ("watch fixed", "constant"), ("watch 16, 999999", "not a size"), ("watch table[9]", "elements"),
    ("watch table 3[0]", "no table 3"), ("watch 16 if $n > 1", "many functions"),
    ("watch 0, 64 if new > 1", "old and new are for"), ("watch memory 3: 0", "no memory 3"),
    ("condition", "needs a breakpoint's number"), ("condition 9 1", "no breakpoint 9"),
    ("ignore 1", "needs a breakpoint's number"), ("catch", "catch needs"),
    ("catch nothing", "neither trap"), ("catch trap if 1", "no condition"), ("hits", "needs"),
    ("break x*y", "like"), ("break * if $kept", "in func"), ("dprintf fact", "place and a text"),
    ('dprintf fact, "%d"', "no expression"), ('dprintf fact, "x", $n', "nothing in the text"),
    ("history", "needs a location"), ("more-hits 3", "no hits have been asked"),
    ('dprintf fact, "{1}{2}{3}{4}{5}{6}{7}"', "at most 6"),
])
def test_faults(session: Session, line: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(session, line)
    assert not session.breakpoints()


def test_conditions_change(session: Session) -> None:
    run(session, "break fact if $n == 3", "condition 1 $n == 1 && calls > 3")
    assert session.breakpoints()[0].condition == "$n == 1 && calls > 3"
    first = forwards(session)
    with pytest.raises(CommandError):
        run(session, "condition 1 $m")
    assert forwards(session) == first
    run(session, "condition 1")
    assert len(forwards(session)) == 18


def test_json(session: Session) -> None:
    out = io.StringIO()
    lines = ["break fact if $n == 1", "continue", "watch calls", "continue", "hits 2", "history 16",
             'dprintf 2, "{$n}"', "info breakpoints"]
    assert run_batch(session, [Script("text", line) for line in lines], as_json=True, out=out) == 0
    objects = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [each["ok"] for each in objects] == [True] * len(lines)
    assert objects[0]["result"]["condition"] == "$n == 1"
    assert [objects[i]["reason"] for i in (1, 3)] == ["breakpoint", "watchpoint"]
    assert objects[4]["result"]["total"] == len(objects[4]["result"]["rows"]) == 3
    assert objects[4]["result"]["rows"][0].keys() == {"index", "step", "where", "function", "text"}
    kinds = [point["kind"] for point in objects[7]["result"]["breakpoints"]]
    assert kinds == ["breakpoint", "watchpoint", "logpoint"]


# -- from session to session -----------------------------------------------------------------

LINES = ["break fact if $n == 1", "watch calls", "ww i32[16] if new > 1", "catch fd_write",
         'dprintf fact, "n=%d", $n', "break run", "disable 6", "ignore 2 3", "tbreak fact",
         "watch $i"]


def keeping(folder: Path, text: str = TEXT) -> Session:
    return opened(folder, text, invoke="run", args=["6"], state=folder / "state")


def test_breakpoints_are_kept(tmp_path: Path) -> None:
    first = keeping(tmp_path)
    run(first, *LINES)
    kept = first.breakpoints()[:6]
    first.close()
    again = keeping(tmp_path)
    assert [(p.kind, p.where, p.condition, p.enabled, p.changed, p.message, p.ignore)
            for p in again.breakpoints()] == [
        (p.kind, p.where, p.condition, p.enabled, p.changed, p.message, p.ignore) for p in kept]
    assert not keeping(tmp_path, TEXT.replace("i32.const 3", "i32.const 4")).breakpoints()
    run(again, "delete")
    assert not keeping(tmp_path).breakpoints() and not list(tmp_path.glob("state/*/*"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1}',
                                     '{"version": 1, "breakpoints": [1, {"kind": 2}]}'])
def test_a_damaged_file_is_no_harm(tmp_path: Path, content: str) -> None:
    run(keeping(tmp_path), "break fact")
    file, = tmp_path.glob("state/*/*")
    file.write_text(content)
    assert not keeping(tmp_path).breakpoints()


def test_what_can_not_be_set_any_more_is_said(tmp_path: Path) -> None:
    run(keeping(tmp_path), "break fact")
    file, = tmp_path.glob("state/*/*")
    file.write_text(file.read_text().replace("fact", "fakt"))
    assert "fakt" in keeping(tmp_path).faults[0]


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    run(opened(tmp_path, TEXT, invoke="run", args=["6"]), "break fact")
    assert {path.name for path in tmp_path.iterdir()} == {"prog.wasm"}


def test_the_planted_bug_by_watching_its_page() -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    run(session, "watch u8[0x101e0] if new == 0")
    assert session.cont_back().step == 96_758
    assert "set_owner" in session.where_here()
    assert session.hits(1).total == 1
    session.close()


THROWS = """(module (tag $odd (param i32)) (global $n (mut i32) (i32.const 0))
  (func $risky (param $x i32) (local $seen i32)
    (local.set $seen (local.get $x))
    (if (i32.and (local.get $x) (i32.const 1)) (then (throw $odd (local.get $x))))
    (local.set $seen (i32.const 100)))
  (func (export "run") (param $rounds i32) (result i32)
    (loop $again
      (block $caught (result i32)
        (try_table (catch $odd $caught) (call $risky (global.get $n)))
        (i32.const 0))
      drop
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (global.get $n) (local.get $rounds))))
    (global.get $n)))"""


def test_exceptions_are_caught_and_end_activations(tmp_path: Path) -> None:
    session = opened(tmp_path, THROWS, invoke="run", args=["6"])
    run(session, "catch throw")
    steps = forwards(session)
    assert len(steps) == 3 and backwards(session) == steps
    run(session, "delete", "goto 0", "break risky if $x == 3", "continue", "delete", "ww $seen")
    assert session.cont().reason == "watchpoint"
    assert session.cont().reason == "gone", "an exception has left the function"
    session.run_to_end()
    assert session.hits(3).total == 1
