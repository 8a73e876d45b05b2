"""Validation and lowering of control instructions, one method per rule (spec §3.4.10).

A method named `rule_X` serves the rows whose `rule` is X (dots and blanks as underscores); it gets
the row and finds the reader behind the opcode.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gabagool.errors import MalformedError
from gabagool.isa import BY_NAME
from gabagool.isa.control import BR_ENTRY, BR_ENTRY_SIZE
from gabagool.isa.row import Form, Row
from gabagool.types import (
    FUNCREF,
    I32,
    FuncType,
    address_type,
    concrete,
    is_ref,
    non_null,
    reftype,
    slots_of_all,
)
from gabagool.valid.frames import Control
from gabagool.valid.lowered import SLOT
from gabagool.valid.state import State


class ControlRules(State):
    """Blocks, branches and calls (spec §3.4.10)."""

    # -- blocks ------------------------------------------------------------------------------

    def blocktype(self) -> FuncType:
        self.reader.pos = self.at
        found = self.reader.blocktype()
        self.at = self.reader.pos
        if isinstance(found, FuncType):
            for t in found.results:
                self.check_type(t)
            return found
        return self.functype_at(found)

    def rule_block(self, row: Row) -> Control:
        functype = self.blocktype()
        self.pop_all(functype.params)
        return self.push_control(functype.params, functype.results)

    def rule_loop(self, row: Row) -> None:
        control = self.rule_block(row)
        control.is_loop = True
        control.labels = control.starts
        control.target = self.pos

    def rule_if(self, row: Row) -> None:
        functype = self.blocktype()
        self.pop(I32)
        word = self.emit(row.form, self.slot_here(), 0)
        self.pop_all(functype.params)
        control = self.push_control(functype.params, functype.results)
        control.is_if = True
        control.else_fixup = (word, row.form.offset_of("disp"))

    def rule_else(self, row: Row) -> None:
        control = self.controls[-1]
        if not control.is_if:
            raise MalformedError("END opcode expected: else without if", self.opcode_at)
        self.pop_results(control)
        if control.unreachable:
            self.drop_dead_code(control)
        else:
            self.aim(self.emit(row.form, 0), row.form, control)
        self._resolve_else(control)
        control.unreachable = control.is_if = False
        self.forget_initialised(control)
        self.push_all(control.starts)

    def _resolve_else(self, control: Control) -> None:
        if control.else_fixup is not None and not control.dead:
            word, field = control.else_fixup
            self.patch(word, field, self.pos)
        control.else_fixup = None

    def rule_end(self, row: Row) -> None:
        control = self.controls[-1]
        if control.is_if and not self.context.all_match(control.starts, control.ends):
            raise self.mismatch(self.opcode_at)
        self.pop_control()
        self.drop_dead_code(control)
        if not self.controls:
            self._end_function(row, control)
            return
        self._resolve_else(control)
        self.resolve(control)
        self.push_all(control.ends)

    def _end_function(self, row: Row, control: Control) -> None:
        """The label of the body is the return that falling off its end performs."""
        self.resolve(control)
        if not control.unreachable or control.fixups or self.tables or self.handlers:
            self._emit_return(row.forms, control.slot)

    def _emit_return(self, forms: Sequence[Form], source: int) -> None:
        count = slots_of_all(self.functype.results)
        if count == 0:
            self.emit(forms[0], self.header)
        elif count == 1:
            self.emit(forms[1], self.header, source)
        else:
            self.emit(forms[2], self.header, count, source)

    # -- branches ----------------------------------------------------------------------------

    def _move(self, control: Control) -> tuple[int, int, int]:
        """(n, source, target) of the slots a branch carries; n is 0 where they lie right."""
        count = slots_of_all(control.labels)
        source = self.slot_here() - count * SLOT
        if source == control.slot or not count:
            return 0, 0, 0
        return count, source, control.slot

    def emit_branch(self, forms: Sequence[Form], control: Control, *condition: int,
                    test: tuple[int, ...] = ()) -> None:
        """One of the plain and the moving form; `test` are fields that come after `disp`."""
        plain, moving = forms
        move = self._move(control)
        form: Form = moving if move[0] else plain
        word = self.emit(form, *condition, 0, *test, *(move if move[0] else ()))
        self.aim(word, form, control)

    def rule_br(self, row: Row) -> None:
        control = self.label(self.u32())
        self.pop_all(control.labels)
        self.push_all(control.labels)
        self.emit_branch(row.forms, control)
        self.unreachable()

    def rule_br_if(self, row: Row) -> None:
        control = self.label(self.u32())
        self.pop(I32)
        condition = self.slot_here()
        if control.labels:
            self.pop_all(control.labels)
            self.push_all(control.labels)
        self.emit_branch(row.forms, control, condition)

    def rule_br_on_null(self, row: Row) -> None:
        """Branches without the reference, or keeps it (§3.4.10)."""
        control = self.label(self.u32())
        found = self.pop_ref()
        condition = self.slot_here()
        self.pop_all(control.labels)
        self.push_all(control.labels)
        self.emit_branch(row.forms, control, condition)
        self.push_all((non_null(found),))

    def rule_br_on_non_null(self, row: Row) -> None:
        """Branches with the reference, or drops it."""
        control = self.label(self.u32())
        found = self.pop_ref()
        if not control.labels or not is_ref(control.labels[-1]):
            raise self.mismatch(self.opcode_at)
        self.push(non_null(found))
        self.pop_all(control.labels)
        self.push_all(control.labels)
        self.emit_branch(row.forms, control, self.slot_here() - SLOT)
        self.stack.pop()

    def rule_br_table(self, row: Row) -> None:
        count = self.u32()
        if count > self.end - self.at:
            raise MalformedError("unexpected end of section or function", self.at)
        depths = [self.u32() for _ in range(count + 1)]
        labels = {depth: self.label(depth) for depth in depths}
        self.pop(I32)
        condition = self.slot_here()
        last = labels[depths[-1]].labels
        known = {depth: self._table_entry(control, len(last)) for depth, control in labels.items()}
        entries = [known[depth] for depth in depths]
        self.pop_all(last)
        word = self.emit(row.form, condition, count, 0)
        if not self.is_dead:
            self.tables.append((word, row.form.offset_of("table"), entries))
        self.unreachable()

    def _table_entry(self, control: Control, arity: int) -> tuple[Control, int, int, int]:
        """Check one target without consuming its operands (spec appendix, br_table)."""
        if len(control.labels) != arity:
            raise self.mismatch(self.opcode_at)
        slots = slots_of_all(control.labels)
        before = list(self.stack[max(0, len(self.stack) - slots):])
        height = len(self.stack)
        self.pop_all(control.labels)
        del self.stack[height - len(before):]
        self.stack.extend(before)
        return (control, *self._move(control))

    def write_branch_tables(self) -> None:
        """Put the br_table entries behind the words, now that every label is known."""
        for word, field, entries in self.tables:
            self.patch(word, field, self.pos)
            self.buffer.extend(bytes(len(entries) * BR_ENTRY_SIZE))
            for control, *move in entries:
                struct.pack_into(BR_ENTRY, self.buffer, self.pos, control.target - word, *move)
                self.pos += BR_ENTRY_SIZE

    def rule_return(self, row: Row) -> None:
        results = self.functype.results
        self.pop_all(results)
        source = self.slot_here()
        self._emit_return(row.forms, source)
        self.unreachable()

    def rule_unreachable(self, row: Row) -> None:
        self.emit(row.form)
        self.unreachable()

    def rule_nop(self, row: Row) -> None:
        self.emit(row.form)

    # -- calls -------------------------------------------------------------------------------

    def _call(self, functype: FuncType, form: Form, *fields: int) -> None:
        self.pop_all(functype.params)
        slot = self.slot_here()
        self.emit(form, slot, fields[0], self.pos + form.size, 0, *fields[1:])
        self.push_all(functype.results)

    def _return_call(self, functype: FuncType, form: Form, *fields: int) -> None:
        """A tail call, and the return for when the callee is a host function."""
        if not self.context.all_match(functype.results, self.functype.results):
            raise self.mismatch(self.opcode_at)
        self.pop_all(functype.params)
        slot = self.slot_here()
        count = slots_of_all(functype.params)
        self.emit(form, slot, *fields, count, self.header)
        self._emit_return(BY_NAME["end"].forms, slot)
        self.push_all(functype.results)     # where a host function's results lie
        self.unreachable()

    def _func(self) -> tuple[int, FuncType]:
        """The function index that comes next, and its type."""
        typeidxs = self.context.func_typeidxs
        funcidx = self.index("function", len(typeidxs))
        return funcidx, self.functype_at(typeidxs[funcidx])

    def rule_call(self, row: Row) -> None:
        funcidx, functype = self._func()
        self._call(functype, row.form, funcidx)

    def rule_return_call(self, row: Row) -> None:
        funcidx, functype = self._func()
        self._return_call(functype, row.form, funcidx)

    def _indirect(self) -> tuple[FuncType, int, int, int]:
        """Type, its index, slot of the operand, table of an indirect call; pops the operand."""
        typeidx = self.u32()
        tableidx = self.index("table", len(self.context.tables))
        functype = self.functype_at(typeidx)
        if not self.context.matches(self.context.tables[tableidx].element, FUNCREF):
            raise self.mismatch(self.opcode_at)
        self.pop(address_type(self.context.tables[tableidx]))
        return functype, typeidx, self.slot_here(), tableidx

    def _form_for(self, row: Row, tableidx: int) -> Form:
        return row.forms[self.context.tables[tableidx].is64]

    def rule_call_indirect(self, row: Row) -> None:
        functype, *fields = self._indirect()
        self._call(functype, self._form_for(row, fields[-1]), *fields)

    def rule_return_call_indirect(self, row: Row) -> None:
        functype, *fields = self._indirect()
        self._return_call(functype, self._form_for(row, fields[-1]), *fields)

    def _reference(self) -> tuple[FuncType, int, int]:
        """Type, its index and slot of the operand of a call through a reference; pops it."""
        typeidx = self.u32()
        functype = self.functype_at(typeidx)
        self.pop(reftype(True, concrete(typeidx)))
        return functype, typeidx, self.slot_here()

    def rule_call_ref(self, row: Row) -> None:
        functype, typeidx, slot = self._reference()
        self._call(functype, row.form, typeidx, slot)

    def rule_return_call_ref(self, row: Row) -> None:
        functype, _, slot = self._reference()
        self._return_call(functype, row.form, slot)
