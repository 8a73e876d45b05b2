"""Calls over time: whatever native code counts is what stepping one by one finds."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from debugger.answers import CallView, ProfileView
from debugger.batch import Script, run_batch
from debugger.exchange import CommandError
from debugger.session import Session
from debugger.speedscope import speedscope
from tests.debugger.sessions import opened

PROGRAMS = Path(__file__).parents[2] / "programs"
END = 3_535_899

TAILS = """(module
  (tag $e (param i32))
  (func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $hop (param i32) (result i32) (return_call $leaf (local.get 0)))
  (func $thrower (param i32) (throw $e (local.get 0)))
  (func $deep (param i32) (call $thrower (local.get 0)))
  (func $catcher (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $e $h) (call $deep (local.get 0)))
      (i32.const -1)))
  (func $even (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
  (func $odd (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $hop (local.get $n))))
      (local.set $sum (i32.add (local.get $sum) (call $catcher (local.get $n))))
      (local.set $sum (i32.add (local.get $sum) (call $even (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))"""


@dataclass
class Stepped:
    """What stepping through a whole recording tells."""

    self_steps: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    first_steps: dict[int, list[int]] = field(default_factory=dict)   # by depth, of each frame


def stepped(session: Session, first: int, last: int) -> Stepped:
    found, before = Stepped(), 0
    for step in range(first, last):
        session.goto(step)
        names = [frame.name for frame in session.calls().frames]
        found.self_steps[names[0]] += 1
        for name in set(names):
            found.totals[name] += 1
        if len(names) > before and step > first:
            found.first_steps.setdefault(len(names), []).append(step)
        before = len(names)
    return found


def agrees(view: ProfileView, found: Stepped) -> None:
    rows = {row.name: row for row in view.functions}
    assert {n: r.steps for n, r in rows.items() if r.steps} == dict(found.self_steps)
    assert {n: r.total for n, r in rows.items() if r.total} == dict(found.totals)
    assert sum(path.steps for path in view.paths) == view.last - view.first
    assert view.paths[0].total == view.last - view.first


def every_call(session: Session) -> list[CallView]:
    found, todo = [], [session.call_root()]
    while todo:
        call = todo.pop()
        found.append(call)
        if call.instance >= 0:
            page = session.calls_made(call, 0, 10_000)
            assert page.total == len(page.rows)
            todo += page.rows
    return found


@pytest.mark.parametrize(("first", "last"), [(0, None), (7, 300), (123, 124), (200, 200)])
def test_a_profile_is_what_stepping_finds(tmp_path: Path, first: int, last: int | None) -> None:
    session = opened(tmp_path, TAILS, invoke="run", args=["6"])
    session.run_to_end()
    end = session.total if last is None else min(last, session.total)
    agrees(session.profile(first, end), stepped(session, first, end))
    session.close()


def test_calls_are_what_stepping_finds(tmp_path: Path) -> None:
    session = opened(tmp_path, TAILS, invoke="run", args=["4"])
    session.run_to_end()
    found = stepped(session, 0, session.total)
    calls = every_call(session)
    for depth, steps in found.first_steps.items():
        plain = [c.first for c in calls if c.depth == depth]
        assert set(steps) <= set(plain), "each frame that is seen begins with a call"
    for call in calls:
        assert call.last is not None and call.first <= call.last
        session.goto(call.first)
        assert session.calls().total == call.depth and session.calls().frames[0].name == call.name
    session.close()


def test_how_calls_end(tmp_path: Path) -> None:
    session = opened(tmp_path, TAILS, invoke="run", args=["3"])
    session.run_to_end()
    calls = every_call(session)
    lefts = {name: {c.left for c in calls if c.name == name} for name in
             ("hop", "leaf", "thrower", "deep", "catcher", "run")}
    assert lefts == {"hop": {"tail"}, "leaf": {"return"}, "thrower": {"throw"},
                     "deep": {"throw"}, "catcher": {"return"}, "run": {"return"}}
    assert [(c.args, c.results) for c in calls if c.name == "leaf"][::-1] == [
        ("3", "6"), ("2", "4"), ("1", "2")]
    assert {(c.args, c.results) for c in calls if c.name == "catcher"} == {
        ("3", "3"), ("2", "2"), ("1", "1")}
    session.close()


@pytest.fixture
def corruption() -> Session:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    return session


def test_looking_leaves_the_cursor_and_the_past_alone(corruption: Session) -> None:
    corruption.goto(2_000_000)
    state, calls = corruption.state(), corruption.calls()
    corruption.profile()
    corruption.calls_around()
    corruption.calls_of("send_money", 11_990)
    assert corruption.cursor == 2_000_000 and corruption.state() == state
    assert corruption.calls() == calls
    corruption.step(1_000)
    assert corruption.cursor == 2_001_000


def test_pages_of_calls_are_parts_of_one_list(corruption: Session) -> None:
    whole = corruption.calls_of("pick_customer", 0, 24_000)
    assert whole.total == len(whole.rows) == 24_000
    firsts = [row.first for row in whole.rows]
    assert firsts == sorted(firsts)
    for first, count in ((0, 10), (250, 20), (12_345, 3), (23_990, 100)):
        page = corruption.calls_of("pick_customer", first, count)
        assert page.rows == whole.rows[first:first + count]
    corruption.goto(firsts[5_000])
    here = corruption.calls_of("pick_customer")
    assert here.before == 5_001 and whole.rows[5_000] in here.rows


def test_the_way_to_the_cursor(corruption: Session) -> None:
    corruption.goto(2_000_000)
    pages = corruption.calls_around()
    inside = [row.name for page in pages for row in page.rows if row.holds(2_000_000)]
    assert inside == ["__original_main", "audit", "journal_says"]
    assert corruption.call_root().last is None, "it traps, so it never returns"


def test_who_calls_whom(corruption: Session) -> None:
    found = corruption.callers("random_below")
    assert {row.name: row.calls for row in found.callers} == {"pick_customer": 26_244,
                                                              "trade": 12_000}
    assert found.callees == ()
    hosts = corruption.callers("__wasi_fd_write").callees
    assert [(row.name, row.calls) for row in hosts] == [("wasi_snapshot_preview1.fd_write", 31)]


def test_watchpoints_still_work_after_a_profile(corruption: Session) -> None:
    corruption.profile()
    assert corruption.last_write("0x101e0, 4").step == 96_758
    assert corruption.profile(0, 1_000_000).paths[0].total == 1_000_000


# The parts of speedscope's file format (version 0.0.1) that a file must have.
_SCHEMA = {
    "type": "object", "required": ["$schema", "shared", "profiles"],
    "properties": {
        "$schema": {"enum": ["https://www.speedscope.app/file-format-schema.json"]},
        "name": {"type": "string"}, "exporter": {"type": "string"},
        "activeProfileIndex": {"type": "number"},
        "shared": {"type": "object", "required": ["frames"], "properties": {"frames": {
            "type": "array", "items": {"type": "object", "required": ["name"]}}}},
        "profiles": {"type": "array", "items": {
            "type": "object",
            "required": ["type", "name", "unit", "startValue", "endValue", "events"],
            "properties": {
                "type": {"enum": ["evented"]}, "name": {"type": "string"},
                "unit": {"enum": ["bytes", "microseconds", "milliseconds", "nanoseconds", "none",
                                  "seconds"]},
                "startValue": {"type": "number"}, "endValue": {"type": "number"},
                "events": {"type": "array", "items": {
                    "type": "object", "required": ["type", "frame", "at"],
                    "properties": {"type": {"enum": ["O", "C"]}}}}}}}},
}


def test_speedscope(corruption: Session) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    file = json.loads(speedscope(corruption.profile(), "corruption.wasm"))
    jsonschema.validate(file, _SCHEMA)
    events, stack, at = file["profiles"][0]["events"], [], 0
    spent: Counter[str] = Counter()
    names = [frame["name"] for frame in file["shared"]["frames"]]
    for event in events:
        assert event["at"] >= at, "events rise"
        if stack:
            spent[names[stack[-1]]] += event["at"] - at
        at = event["at"]
        if event["type"] == "O":
            stack.append(event["frame"])
        else:
            assert stack.pop() == event["frame"], "spans nest"
    assert not stack and at == file["profiles"][0]["endValue"] == END
    rows = {row.name: row.steps for row in corruption.profile().functions if row.steps}
    assert rows == {name: steps for name, steps in spent.items() if steps}


def test_in_batch_mode(corruption: Session, tmp_path: Path,
                       capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "profile.json"
    words = ["call-tree", "calls send_money 3 1", "callers", "profile 0 1M", "flame",
             f"export-profile {file}"]
    assert run_batch(corruption, [Script("text", word) for word in words], as_json=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["ok"] for line in lines)
    assert lines[1]["result"]["rows"][0]["args"] == "10, 8, 4743"
    assert lines[3]["result"]["last"] == 1_000_000
    assert json.loads(file.read_text())["exporter"] == "gaba-debug"


@pytest.mark.parametrize("line", ["calls", "calls nobody", "profile 1", "call-tree x",
                                  "export-profile", "export-profile /no/such/folder/file"])
def test_what_cannot_be(corruption: Session, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_batch(corruption, [Script("text", line)]) == 1
    assert "error: " in capsys.readouterr().out


def test_a_cancelled_profile_says_so(corruption: Session) -> None:
    from threading import Event

    stop = Event()
    stop.set()
    with pytest.raises(CommandError, match="stopped"):
        corruption.profile(0, 3_000_001, cancel=stop)
    assert corruption.profile(0, 3_000_001).paths[0].total == 3_000_001
