"""Reads, other memories, ignore counts, catches by what they carry, commands, until and advance."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest

from debugger.batch import Script, run_batch
from debugger.exchange import CommandError
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, opened, run
from tests.debugger.test_session_watch import TEXT, backwards, forwards

MEMORIES = """(module (memory (export "memory") 1) (memory $far 1) (memory $huge i64 1)
  (data (memory $far) (i32.const 16) "far away\\00") (data (i32.const 16) "\\05\\00\\00\\00")
  (func (export "run") (result i32) (local $i i32)
    (loop $again
      (i32.store $far (i32.const 32) (i32.add (i32.load $far (i32.const 32)) (i32.const 3)))
      (i64.store $huge (i64.const 65528) (i64.extend_i32_u (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (i32.const 7))))
    (i32.load (i32.const 16))))"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return opened(tmp_path, TEXT, invoke="run", args=["6"])


@pytest.fixture
def memories(tmp_path: Path) -> Session:
    return opened(tmp_path, MEMORIES, invoke="run")


# -- other memories ---------------------------------------------------------------------------

def test_all_words_take_other_memories(memories: Session) -> None:
    memories.run_to_end()
    assert run(memories, "print mem1.i32[32] + mem2.i64[65528] + i32[16]").text == "i32 32"
    assert run(memories, "print mem1[16]").text == "i32 102"
    assert run(memories, "x/s mem1[16]").text == '0x00000010:\t"far away"'
    assert run(memories, "x/2xb mem1: 16", "x").data == {
        "memory": 1, "address": "0x00000012", "values": ["0x72"]}
    assert run(memories, "x/gd mem2: 65528").text == "0x0000fff8:\t6"
    assert run(memories, 'find mem1: "away"').data["addresses"] == [20]
    assert run(memories, "heat mem2:").data["writes"] == 7
    run(memories, "goto 5", "edit mem1.i32[40] = 7")
    assert run(memories, "print mem1.i32[40]").text == "i32 7"
    assert run(memories, "edit mem1[44], 4 = 9", "print mem1.i32[44]").text == "i32 9"
    with pytest.raises(CommandError, match="there is no memory 5"):
        run(memories, "print mem5.i32[0]")
    with pytest.raises(CommandError, match="there is no memory 5"):
        run(memories, "break run if mem5.i32[0]")
    with pytest.raises(CommandError, match="is not memory"):
        run(memories, "print mem1.q8[0]")


@pytest.mark.parametrize("where", ["mem1.i32[32]", "mem1[32], 4", "memory 1: 32, 4",
                                   "mem1: i32[32]", "mem2.i64[65528]"])
def test_other_memories_are_watched(memories: Session, where: str) -> None:
    memories.run_to_end()
    assert memories.changes(where).total == (6 if "mem2" in where else 7)
    assert memories.changes(where, access="read").total == (0 if "mem2" in where else 7)
    assert memories.last_write(where).reason == "step"
    run(memories, f"watch {where} if new > 3")
    steps = forwards(memories)
    assert backwards(memories) == steps and len(steps) == (3 if "mem2" in where else 6)


def test_conditions_read_other_memories(memories: Session) -> None:
    run(memories, "catch i64.store if mem1.i32[32] == 9 && mem2.i64[65528] == 1")
    arrival = memories.cont()
    assert arrival.reason == "catchpoint" and memories.value("mem1.i32[32]") == 9
    assert memories.cont().reason == "finished"


# -- reads ------------------------------------------------------------------------------------

def test_what_reads_say(memories: Session) -> None:
    run(memories, "rwatch mem1.i32[32] if new == 6")
    arrival = memories.cont()
    assert "mem" in arrival.message and "read 6" in arrival.message
    assert "i32.load 1" in memories.line_here()
    run(memories, "delete", "awatch mem1.i32[32]", "goto 0")
    said = [memories.cont().message.split(": ", 2)[-1].partition(" at step")[0] for _ in range(4)]
    assert [text.split("] ")[-1] for text in said] == ["read 0", "0 → 3", "read 3", "3 → 6"]
    memories.run_to_end()
    view = run(memories, "history/a mem1.i32[32]").hits
    assert view is not None and view.total == 14
    assert {row.text for row in view.rows[:2]} == {"read 0", "0 → 3"}
    assert run(memories, "history/w mem1.i32[32]").hits.total == 7  # type: ignore[union-attr]
    assert "access watchpoint" in run(memories, "goto 3", "awatch $i").text
    listed = run(memories, "info watchpoints")
    assert "accesses " in listed.text and len(listed.data["breakpoints"]) == 2


def test_host_calls_read(tmp_path: Path) -> None:
    session = Session.open(PROGRAMS / "hello.wasm")
    session.run_to_end()
    run(session, "goto 0", "catch fd_write", "continue")
    text = int(session.value("i32[$1]"))            # the first buffer
    call = session.cursor
    session.run_to_end()
    assert call in [row.step for row in session.changes(f"{text}, 4", access="read").rows]
    session.close()


def test_heat_of_reads_and_writes(memories: Session) -> None:
    memories.run_to_end()
    heat = memories.heat(0, memories.total, 1)
    assert sum(heat.writes) == sum(heat.reads) == 7
    data = run(memories, "heat mem1:").data
    assert data["writes"] == data["reads"] == 7
    assert data["lines"] == [{"address": 0, "writes": 7, "reads": 7}]


# -- ignore counts ----------------------------------------------------------------------------

LINES = ["break fact if $n == 2", "watch calls", "awatch i32[16]", "catch fd_write", "break *f?ct*",
         "ww i32[65536]", "rwatch calls if new > 1"]


@pytest.mark.parametrize("seed", range(6))
def test_ignored_hits_are_as_if_passed_one_by_one(session: Session, seed: int) -> None:
    rng = random.Random(seed)
    lines = rng.sample(LINES, rng.randrange(1, 4))
    run(session, *lines)
    session.run_to_end()
    end = session.total
    steps = {p.number: [row.step for row in session.hits(p.number, 0, 10_000).rows]
             for p in session.breakpoints()}
    for back in (True, False):
        here = rng.randrange(end) if back else rng.randrange(end // 2)
        left = {number: rng.choice([0, 0, 1, 2, 5]) for number in steps}
        session.goto(here)
        for number, count in left.items():
            session.set_ignore(number, count)
        order = sorted({s for found in steps.values() for s in found
                        if (s < here if back else s > here)}, reverse=back)
        expected = 0 if back else end
        for step in order:
            stops = False
            for number, found in steps.items():
                for _ in range(found.count(step)):
                    stops |= not left[number]
                    left[number] = max(0, left[number] - 1)
            if stops:
                expected = step
                break
        arrival = session.cont_back() if back else session.cont()
        assert arrival.step == expected, (lines, here, back)
        assert "is gone" not in arrival.message
        if back:
            assert {p.number: p.ignore for p in session.breakpoints()} == left


def test_a_million_ignored_hits_take_one_search(tmp_path: Path) -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.run_to_end()
    run(session, "catch i32.add")
    view = session.hits(1, 0, 1)
    run(session, f"ignore 1 {view.total - 1}")
    assert session.cont_back().step == view.rows[0].step and view.total > 100_000
    assert session.breakpoints()[0].ignore == 0
    session.close()


# -- catches ----------------------------------------------------------------------------------

THROWS = """(module (tag $odd (param i32)) (tag $three)
  (func $risky (param $x i32)
    (if (i32.eq (local.get $x) (i32.const 3)) (then (throw $three)))
    (if (i32.and (local.get $x) (i32.const 1)) (then (throw $odd (local.get $x)))))
  (func $twice (param $x i32) (local $e exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (call $risky (local.get $x)) (return)) (ref.null exn))
    (throw_ref))
  (func (export "run") (local $n i32)
    (loop $again
      (block $done (block $caught
        (try_table (catch_all $caught) (call $twice (local.get $n))) (br $done)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                              (i32.const 6))))
    (drop (i32.div_u (i32.const 1) (i32.const 0)))))"""


def test_exceptions_by_tag(tmp_path: Path) -> None:
    session = opened(tmp_path, THROWS, invoke="run")
    for line, count in (("catch throw", 6), ("catch throw odd", 4), ("catch throw $three", 2),
                        ("catch throw t*", 2), ("catch throw odd if depth() == 3", 2)):
        run(session, line)
        steps = forwards(session)
        number = session.breakpoints()[0].number
        assert len(steps) == count == session.hits(number).total, line
        assert backwards(session) == steps
        session.goto(steps[0])
        assert "throw" in session.line_here()
        session.delete_break()
    with pytest.raises(CommandError, match="there is no tag 'none'"):
        run(session, "catch throw none")


def test_traps_by_kind(tmp_path: Path) -> None:
    session = opened(tmp_path, THROWS, invoke="run")
    run(session, "catch trap unreachable", "catch trap divide", 'tcatch trap "integer*"')
    arrival = session.cont()
    assert arrival.point == 2 and "integer divide by zero" in arrival.message
    assert [p.hits for p in session.breakpoints()][:2] == [0, 1]
    assert [session.hits(number).total for number in (1, 2)] == [0, 1]
    assert session.hits(2).rows[0].step == arrival.step
    with pytest.raises(CommandError, match="there is no trap 'boredom'"):
        run(session, "catch trap boredom")


def test_host_calls_by_their_arguments() -> None:
    session = Session.open(PROGRAMS / "hello.wasm")
    run(session, "catch fd_w* if $fd == 1 && i32[$iovs + 4] > 0")
    arrival = session.cont()
    assert arrival.reason == "catchpoint" and "fd_write" in session.line_here()
    with pytest.raises(CommandError, match=r"in wasi_snapshot_preview1\.fd_write"):
        run(session, "catch fd_write if $path == 1")
    session.close()


def test_every_imported_function_names_its_arguments() -> None:
    from gabagool.wasi.describe import argument_names
    from gabagool.wasi.functions import FUNCTIONS

    for func in FUNCTIONS:
        name = func.name
        assert len(argument_names(f"wasi_snapshot_preview1.{name}")) == len(func.params), name


# -- commands, until, advance -----------------------------------------------------------------

def said(session: Session, *lines: str, as_json: bool = False) -> str:
    out = io.StringIO()
    text = "\n".join(lines) + "\n"
    path = Path(session.program).with_suffix(".gdb")
    folder = Path("/tmp") if not path.parent.exists() else path.parent
    script = folder / f"points-{id(session)}.gdb"
    script.write_text(text)
    try:
        assert run_batch(session, [Script("file", str(script))], as_json=as_json, out=out) == 0
    finally:
        script.unlink()
    return out.getvalue()


def test_commands_run_where_a_breakpoint_stops(session: Session) -> None:
    text = said(session, "break fact if $n == 2", "commands 1", "silent", "print $n + 40", "# no",
                "end", "continue", "ignore 1 2", "continue")
    assert text.count("i32 42") == 2 and "breakpoint 1 at step" not in text


def test_commands_go_on(session: Session) -> None:
    text = said(session, "break fact", "commands", "print $n", "continue", "print 99", "end",
                "continue")
    assert text.count("\ni32 ") == 18 and "trap unreachable" in text and text.count("i32 99") == 0
    run(session, "goto 0", "commands 1")
    assert session.cont().reason == "breakpoint" and not session.breakpoints()[0].commands


def test_commands_in_json_and_on_one_line(session: Session) -> None:
    lines = said(session, "break fact", "commands 1 print $n; when", "continue",
                 as_json=True).splitlines()
    told = json.loads(lines[-1])
    assert [each["command"] for each in told["result"]["commands"]] == ["print $n", "when"]
    assert told["result"]["commands"][0]["result"]["bits"] == 3 and told["reason"] == "breakpoint"


def test_commands_without_an_end(session: Session, tmp_path: Path) -> None:
    (tmp_path / "x.gdb").write_text("break fact\ncommands 1\nbt\n")
    err = io.StringIO()
    assert run_batch(session, [Script("file", str(tmp_path / "x.gdb"))], out=io.StringIO(),
                     err=err) == 1
    assert "x.gdb:2: 'commands' has no 'end'" in err.getvalue()
    for line, complaint in (("commands", "needs a breakpoint's number"), ("commands 9 bt", "no "
                            "breakpoint 9"), ("rbreak", "regular expression"),
                            ("rbreak (", "no regular expression"), ("advance", "needs a place"),
                            ("history/q 0", "no kind of history")):
        with pytest.raises(CommandError, match=complaint):
            run(session, "delete", line)


def test_until_leaves_a_loop(session: Session) -> None:
    run(session, "catch table.set", "continue", "delete")
    for _ in range(40):
        run(session, "until")
        if "memory.grow" in session.line_here():
            break
    assert "memory.grow" in session.line_here() and session.state().locals[1].text.startswith("6")


def test_until_stays_in_its_frame(session: Session) -> None:
    run(session, "break fact if $n == 3", "continue", "delete")
    depth = session.calls().total
    while session.until().reason == "step" and session.calls().total == depth:
        assert session.state().locals[0].text.startswith("3")
    assert session.calls().total == depth - 1


def test_advance_there_and_back(session: Session) -> None:
    arrival = run(session, "advance count").arrival
    assert arrival is not None and arrival.reason == "step"
    assert session.where_here().endswith("count")
    here = session.cursor
    session.run_to_end()
    assert run(session, "reverse-advance fact").arrival.step < here  # type: ignore[union-attr]
    assert session.where_here().endswith("fact") and "1" in session.state().locals[0].text
    run(session, "advance count")
    assert session.cursor < here and session.where_here().startswith("func[1] fact+"), \
        "advance ends where the function returns"


# -- kept -------------------------------------------------------------------------------------

def test_all_of_it_is_kept(tmp_path: Path) -> None:
    def open_() -> Session:
        return opened(tmp_path, TEXT, invoke="run", args=["6"], state=tmp_path / "state")

    first = open_()
    run(first, "rwatch i32[16]", "awatch calls if new > 2", "rbreak ^f", "commands 3 bt; continue",
        "catch fd_write if $fd == 1", "catch trap unreach", "ignore 2 4")
    kept = [(p.kind, p.where, p.condition, p.access, p.commands, p.ignore)
            for p in first.breakpoints()]
    first.close()
    again = open_()
    assert not again.faults
    assert [(p.kind, p.where, p.condition, p.access, p.commands, p.ignore)
            for p in again.breakpoints()] == kept
    again.close()
