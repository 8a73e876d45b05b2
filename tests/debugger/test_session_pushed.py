"""Who pushed this operand, who wrote this table's element? As single steps show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from tests.debugger.sessions import PROGRAMS, opened, run

TEXT = """(module (type $t (func (param i32) (result i32))) (table $t 3 funcref)
  (tag $e (param i32))
  (global $g (mut i32) (i32.const 3)) (memory 1)
  (elem (i32.const 0) $double $fact)
  (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $fact (param $n i32) (result i32)
    (if (result i32) (i32.le_s (local.get $n) (i32.const 1)) (then (i32.const 1))
      (else (i32.mul (local.get $n) (call $fact (i32.sub (local.get $n) (i32.const 1)))))))
  (func $risky (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0)))) (i32.const 70))
  (func (export "run") (param $rounds i32) (result i64) (local $i i32) (local $v v128)
    (i64.const 1)
    (loop $again (param i64) (result i64)
      (i64.extend_i32_u (call $fact (local.get $i)))
      i64.add
      (v128.const i32x4 1 2 3 4) (i32.const 9) (i32x4.splat) (i32x4.add) (local.tee $v) drop
      (block $out (result i32)
        (i32.const 5) (local.get $i) (i32.const 2) (i32.rem_u) (br_if $out) drop
        (call_indirect (type $t) (local.get $i) (i32.and (local.get $i) (i32.const 1))))
      (i32.add (block $a (result i32) (block $b (result i32)
        (i32.const 11) (local.get $i) (br_table $a $b $a))
        (i32.const 1) (i32.add)))
      (block $caught (result i32)
        (try_table (result i32) (catch $e $caught) (call $risky (local.get $i))))
      i32.add i64.extend_i32_u i64.add
      (table.set (i32.const 2) (table.get (i32.and (local.get $i) (i32.const 1))))
      (select (i64.const 0) (i64.const 1) (global.get $g)) (i64.add)
      (drop (memory.grow (table.size)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                              (local.get $rounds))))))"""


def producers(session: Session) -> dict[int, tuple[int, ...]]:
    """Of each step the steps that have left its operands, bottom first: an operand is left by the
    step since which the operands below it and itself have been there."""
    machine = session._nav.machine  # type: ignore[union-attr]
    known: dict[int, tuple[int, ...]] = {}
    stacks: list[list[int]] = [[]]          # of each frame, the step of each operand
    session.goto(0)
    total = session.run_to_end().step
    session.goto(0)
    known[0] = ()
    for step in range(total - 1):
        before, operands = machine.depth, machine.operands(0)
        func, at = machine.store.func_at(machine.ctx[0])
        form = machine.form_at(func, at)
        fields = dict(zip((n for n, _ in form.fields), machine.threaded_fields_at(func, at),
                          strict=True))
        line = session.line_here()
        session.step()
        while len(stacks) > machine.depth:
            stacks.pop()
        after = machine.operands(0)
        if machine.depth > before:
            base = (fields["slot"] - func.lowered.header - 16) // 8  # type: ignore[union-attr]
            wide = [i for i, (t, _) in enumerate(operands) for _ in range(2 if t == 123 else 1)]
            stacks[-1] = stacks[-1][:wide[base] if base < len(wide) else len(operands)]
            calls.setdefault(machine.depth, step)
            calls[machine.depth] = step
            stacks.append([])
        elif machine.depth < before:        # returned, or thrown out of it
            cause = calls[before] if "throw" not in line else step
            stacks[-1] = stacks[-1][:len(after)]
            stacks[-1] += [cause] * (len(after) - len(stacks[-1]))
        else:
            keep = kept(form.name, fields, func, operands, after, line, step, machine)
            stacks[-1] = stacks[-1][:keep] + [step] * (len(after) - keep)
        known[step + 1] = tuple(stacks[-1])
    return known


calls: dict[int, int] = {}


def kept(name, fields, func, operands, after, line, step, machine) -> int:  # type: ignore[no-untyped-def]
    """How many operands a step within a frame leaves where they are."""
    slots = [0]
    for t, _ in operands:
        slots.append(slots[-1] + (2 if t == 123 else 1))
    taken = machine.ctx[0] != func.base + 0 and "dst" in fields
    if name == "br_table":
        return len(after) - (len(after) < len(operands) - 1)
    if taken:
        behind = func.lowered.offset_at  # the word behind a branch that isn't taken
        here = machine.store.func_at(machine.ctx[0])[1]
        at = next(p for n, p in func.lowered.numbered
                  if machine.form_at(func, p).name == name
                  and machine.threaded_fields_at(func, p) == tuple(fields.values()))
        if here == at + machine.form_at(func, at).size:
            return len(after)
        assert behind(at)
        return min(len(after), slots.index((fields["dst"] - func.lowered.header - 16) // 8))
    if "slot" not in fields:
        return min(len(operands), len(after))
    return min(len(after), slots.index((fields["slot"] - func.lowered.header - 16) // 8))


def test_who_pushed_every_operand_of_every_step(tmp_path: Path) -> None:
    session = opened(tmp_path, TEXT, invoke="run", args=["5"])
    known = producers(session)
    looked = 0
    for step in range(0, len(known), 3):
        session.goto(step)
        for i in range(len(session.state().stack)):
            session.goto(step)
            arrival = session.last_write(f"stack({i})")
            assert (arrival.reason, arrival.step) == ("step", known[step][-1 - i]), (
                step, i, session.line_here())
            looked += 1
    assert looked > 100


def test_of_a_frame_further_up(tmp_path: Path) -> None:
    session = opened(tmp_path, TEXT, invoke="run", args=["5"])
    run(session, "break fact if $n == 1", "continue 3", "up")
    assert [v.text for v in session.state().stack[-1:]] == ["2"]
    arrival = session.last_write("stack(0)")
    assert "local.get" in session.line_here() and session.state(0).locals[0].text == "2"
    assert arrival.reason == "step"


def test_an_operand_is_not_watched(tmp_path: Path) -> None:
    session = opened(tmp_path, TEXT, invoke="run", args=["5"])
    session.goto(1)
    for line in ("watch stack(0)", "history stack(0)", "last-read stack(0)"):
        with pytest.raises(CommandError, match=r"last-write stack\(0\) tells who pushed it"):
            run(session, line)
    with pytest.raises(CommandError, match="so there is no number 7"):
        run(session, "last-write stack(7)")


def test_who_wrote_and_who_read_an_element(tmp_path: Path) -> None:
    session = opened(tmp_path, TEXT, invoke="run", args=["5"])
    session.run_to_end()
    writes, reads = [], []
    while session.last_write("table[2]").reason == "step":
        assert "table.set" in session.line_here()
        writes.append(session.cursor)
    session.run_to_end()
    while session.last_read("table[0]").reason == "step":
        reads.append(session.line_here().split()[3])
    assert len(writes) == 5 and session.last is not None and session.last.reason == "unread"
    assert reads.count("table.get") == 3 and set(reads) == {"table.get", "call_indirect"}


def test_in_a_long_recording() -> None:
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.goto(2_000_000)
    while not session.state().stack:
        session.step()
    here = session.cursor
    assert session.last_write("stack(0)").step < here
    session.close()
