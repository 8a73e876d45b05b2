"""Branches in LLVM IR, and the loop that moves what they carry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gabagool.isa.control import BR_ENTRY_SIZE
from gabagool.native.core import Core
from gabagool.native.ir_types import INT32, INT64, LLVM, Value
from gabagool.types import I32, I64, ValType


class Branches(Core):
    """The part of the emitter that decides where in a function execution goes on."""

    def _target(self, field: str) -> Value:
        """Displacements count from the branch's own word."""
        return self.offset(self.offset(self.pc, self.i64(self.at)), self.signed_field(field))

    def jump(self, field: str) -> None:
        self.flush()
        self.dispatch(self._target(field))

    def jump_moving(self, field: str) -> None:
        self.flush()
        self._move_values()
        self.dispatch(self._target(field))

    def _move_values(self) -> None:
        self.copy_slots(self.offset(self.fp, self.field("src")),
                        self.offset(self.fp, self.field("dst")), self.field("n"))

    @contextmanager
    def _repeat(self, count: Value) -> Iterator[Value]:
        """A loop over i = 0 … count - 1; the block gets i."""
        before = self.b.block
        head, body, rest = (self.function.append_basic_block() for _ in range(3))
        self.b.branch(head)
        self.b.position_at_end(head)
        i = self.b.phi(INT64)
        i.add_incoming(self.i64(0), before)
        self.b.cbranch(self.b.icmp_unsigned("<", i, count), body, rest)
        self.b.position_at_end(body)
        yield i
        i.add_incoming(self.b.add(i, self.i64(1)), self.b.block)
        self.b.branch(head)
        self.b.position_at_end(rest)

    def copy_slots(self, source: Value, target: Value, count: Value) -> None:
        """Copy slots upwards one by one: targets lie below sources."""
        with self._repeat(count) as i:
            at = self.b.shl(i, self.i64(3))
            value = self.b.load(self.offset(source, at), typ=INT64, align=8)
            self.b.store(value, self.offset(target, at), align=8)

    def _branch(self, taken_if: str, field: str, moving: bool, t: ValType = I32) -> None:
        condition = self.pop(t)
        self.flush()
        truth = self.b.icmp_unsigned(taken_if, condition, LLVM[t](0))
        self._branch_either(truth, field, moving)

    def _branch_either(self, condition: Value, field: str, moving: bool) -> None:
        taken, rest = (self.function.append_basic_block() for _ in range(2))
        self.b.cbranch(condition, taken, rest)
        self.b.position_at_end(taken)
        if moving:
            self._move_values()
        self.dispatch(self._target(field))
        self.b.position_at_end(rest)
        self.dispatch(self.next_pc())

    def branch_if(self, field: str) -> None:
        self._branch("!=", field, False)

    def branch_if_zero(self, field: str) -> None:
        self._branch("==", field, False)

    def branch_if_moving(self, field: str) -> None:
        self._branch("!=", field, True)

    def branch_on_null(self, field: str, taken_if: str, moving: bool) -> None:
        """The reference stays in its slot, whoever needs it then."""
        self._branch(taken_if, field, moving, I64)

    def branch_table(self) -> None:
        index, count = self.pop(I32), self.field("count")
        self.flush()
        index = self.b.zext(index, INT64)
        index = self.b.select(self.b.icmp_unsigned("<", index, count), index, count)
        word = self.offset(self.pc, self.i64(self.at))
        entry = self.offset(self._target("table"), self.b.mul(index, self.i64(BR_ENTRY_SIZE)))
        disp, n, source, target = (self.load_at(entry, 4 * i, INT32) for i in range(4))
        self.copy_slots(self.offset(self.fp, self.b.zext(source, INT64)),
                        self.offset(self.fp, self.b.zext(target, INT64)),
                        self.b.zext(n, INT64))
        self.dispatch(self.offset(word, self.b.sext(disp, INT64)))
