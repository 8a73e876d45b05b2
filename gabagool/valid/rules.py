"""Validation and lowering of control and variable instructions, one method per rule (§3.4).

A method named `rule_X` serves the rows whose `rule` is X (dots and blanks as underscores); it gets
the row and finds the reader behind the opcode.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gabagool.errors import MalformedError
from gabagool.isa import BY_NAME
from gabagool.isa.control import BR_ENTRY, BR_ENTRY_SIZE
from gabagool.isa.row import Form, Row, prefixed
from gabagool.types import (
    FUNCREF,
    I32,
    FuncType,
    ValType,
    address_type,
    is_ref,
    reftype,
    slots_of,
    smaller_address,
)
from gabagool.valid.frames import UNKNOWN, Control
from gabagool.valid.lowered import SLOT
from gabagool.valid.state import State
from gabagool.valid.tables import OPS_OTHER_MEMORY, PREFIXED, PREFIXES, RARE

_MAX_SUB = 0xFFFF     # a suboperation of more bits would look like that of another prefix


class ControlRules(State):
    """Blocks, branches and calls (spec §3.4.10)."""

    # -- blocks ------------------------------------------------------------------------------

    def blocktype(self) -> FuncType:
        self.reader.pos = self.at
        found = self.reader.blocktype()
        self.at = self.reader.pos
        if isinstance(found, FuncType):
            return found
        if found >= len(self.context.types):
            raise self.invalid(f"unknown type {found}")
        return self.context.types[found]

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
        self.pop_all(control.ends)
        if len(self.stack) != control.height:
            raise self.mismatch(self.opcode_at)
        if control.unreachable:
            self.drop_dead_code(control)
        else:
            self.aim(self.emit(row.form, 0), row.form, control)
        self._resolve_else(control)
        control.unreachable = control.is_if = False
        self.push_all(control.starts)

    def _resolve_else(self, control: Control) -> None:
        if control.else_fixup is not None and not control.dead:
            word, field = control.else_fixup
            self.patch(word, field, self.pos)
        control.else_fixup = None

    def rule_end(self, row: Row) -> None:
        control = self.controls[-1]
        if control.is_if and control.starts != control.ends:
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
        if not control.unreachable or control.fixups or self.tables:
            self._emit_return(row.forms, control.slot)

    def _emit_return(self, forms: Sequence[Form], source: int) -> None:
        count = len(self.functype.results)
        if count == 0:
            self.emit(forms[0], self.header)
        elif count == 1:
            self.emit(forms[1], self.header, source)
        else:
            self.emit(forms[2], self.header, count, source)

    # -- branches ----------------------------------------------------------------------------

    def _move(self, control: Control) -> tuple[int, int, int]:
        """(n, source, target) of the values a branch carries; n is 0 where they lie right."""
        count = len(control.labels)
        source = self.slot_here() - count * SLOT
        if source == control.slot or not count:
            return 0, 0, 0
        return count, source, control.slot

    def _emit_branch(self, row: Row, control: Control, *condition: int) -> None:
        plain, moving = row.forms
        move = self._move(control)
        form: Form = moving if move[0] else plain
        word = self.emit(form, *condition, 0, *(move if move[0] else ()))
        self.aim(word, form, control)

    def rule_br(self, row: Row) -> None:
        control = self.label(self.u32())
        self.pop_all(control.labels)
        self.stack.extend(control.labels)
        self._emit_branch(row, control)
        self.unreachable()

    def rule_br_if(self, row: Row) -> None:
        control = self.label(self.u32())
        self.pop(I32)
        condition = self.slot_here()
        if control.labels:
            self.pop_all(control.labels)
            self.stack.extend(control.labels)
        self._emit_branch(row, control, condition)

    def rule_br_table(self, row: Row) -> None:
        count = self.u32()
        if count > self.end - self.at:
            raise MalformedError("unexpected end of section or function", self.at)
        labels = [self.label(self.u32()) for _ in range(count + 1)]
        self.pop(I32)
        condition = self.slot_here()
        arity = len(labels[-1].labels)
        entries = [self._table_entry(control, arity) for control in labels]
        self.pop_all(labels[-1].labels)
        word = self.emit(row.form, condition, count, 0)
        if not self.is_dead:
            self.tables.append((word, row.form.offset_of("table"), entries))
        self.unreachable()

    def _table_entry(self, control: Control, arity: int) -> tuple[Control, int, int, int]:
        """Check one target without consuming its operands (spec appendix, br_table)."""
        if len(control.labels) != arity:
            raise self.mismatch(self.opcode_at)
        before = list(self.stack[max(0, len(self.stack) - arity):])
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
        if functype.results != self.functype.results:
            raise self.mismatch(self.opcode_at)
        self.pop_all(functype.params)
        slot = self.slot_here()
        count = sum(map(slots_of, functype.params))
        self.emit(form, slot, *fields, count, self.header)
        self._emit_return(BY_NAME["end"].forms, slot)
        self.push_all(functype.results)     # where a host function's results lie
        self.unreachable()

    def _func(self) -> tuple[int, FuncType]:
        """The function index that comes next, and its type."""
        typeidxs = self.context.func_typeidxs
        funcidx = self.index("function", len(typeidxs))
        return funcidx, self.context.types[typeidxs[funcidx]]

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
        if typeidx >= len(self.context.types):
            raise self.invalid(f"unknown type {typeidx}")
        if self.context.tables[tableidx].element != FUNCREF:
            raise self.mismatch(self.opcode_at)
        self.pop(address_type(self.context.tables[tableidx]))
        return self.context.types[typeidx], typeidx, self.slot_here(), tableidx

    def _form_for(self, row: Row, tableidx: int) -> Form:
        return row.forms[self.context.tables[tableidx].is64]

    def rule_call_indirect(self, row: Row) -> None:
        functype, *fields = self._indirect()
        self._call(functype, self._form_for(row, fields[-1]), *fields)

    def rule_return_call_indirect(self, row: Row) -> None:
        functype, *fields = self._indirect()
        self._return_call(functype, self._form_for(row, fields[-1]), *fields)


class Rules(ControlRules):
    """Everything else that the loop does not carry inline."""

    def simple(self, row: Row, *fields: int) -> None:
        """A row whose signature says all."""
        self._lower(row.form, row.params, row.results, *fields)

    def _lower(self, form: Form, params: tuple[ValType, ...], results: tuple[ValType, ...],
               *fields: int) -> None:
        """Pop, emit, push."""
        self.pop_all(params)
        self.emit(form, self.slot_here(), *fields)
        self.push_all(results)

    def rule_(self, row: Row) -> None:
        """Rows without a rule of their own: the immediate, if any, is a constant's bits."""
        if not row.imms:
            self.simple(row)
            return
        self.reader.pos = self.at
        read = {"i32": self.reader.s32, "i64": self.reader.s64, "f32": self.reader.f32,
                "f64": self.reader.f64}[row.imms[0]]
        value = read()
        self.at = self.reader.pos
        width = 64 if row.imms[0].endswith("64") else 32
        self.simple(row, value & ((1 << width) - 1))

    def rule_prefix(self, prefix: int) -> None:
        """A prefixed instruction: its suboperation is a u32 (spec §5.4)."""
        sub = self.u32() if prefix in PREFIXES else _MAX_SUB + 1
        row = PREFIXED.get(prefixed(prefix, sub)) if sub <= _MAX_SUB else None
        if row is None:
            raise MalformedError(f"illegal opcode {self.data[self.opcode_at]:02x}", self.opcode_at)
        RULES[row.rule](self, row)

    # -- parametric (§3.4.2) -----------------------------------------------------------------

    def rule_drop(self, row: Row) -> None:
        self.pop_any()
        self.emit(row.form, self.slot_here())

    def _select(self, row: Row, t: ValType) -> None:
        self.emit(row.form, self.slot_here())
        self.push(t)

    def rule_select(self, row: Row) -> None:
        self.pop(I32)
        second, first = self.pop_any(), self.pop_any()
        known = first if second == UNKNOWN else second
        if known > 0xFF or (UNKNOWN not in (first, second) and first != second):
            raise self.mismatch(self.opcode_at)   # untyped select takes no references
        self._select(row, known)

    def rule_select_t(self, row: Row) -> None:
        self.reader.pos = self.at
        types = self.reader.valtypes()
        self.at = self.reader.pos
        if len(types) != 1:
            raise self.invalid("invalid result arity")
        self.pop_all((types[0], types[0], I32))
        self._select(row, types[0])

    # -- variables (§3.4.5) ------------------------------------------------------------------

    def rule_global_get(self, row: Row) -> None:
        index = self.index("global", len(self.context.globals))
        self.emit(row.form, self.slot_here(), index)
        self.push_all((self.context.globals[index].valtype,))

    def rule_global_set(self, row: Row) -> None:
        index = self.index("global", len(self.context.globals))
        target = self.context.globals[index]
        if not target.mutable:
            raise self.invalid("immutable global")
        self.pop(target.valtype)
        self.emit(row.form, self.slot_here(), index)

    # -- memory (§3.4.7) ---------------------------------------------------------------------

    def _address(self, memory: int) -> ValType:
        return address_type(self.context.mems[memory])

    def access_other(self, row: Row, memory: int, offset: int) -> None:
        """A load or store that its plain form does not serve."""
        self._lower(row.forms[1], (self._address(memory), *row.params[1:]), row.results,
                    memory, offset)

    def rule_load(self, row: Row) -> None:
        memory, offset, self.at = self.memarg(row.align.bit_length(), self.at)
        if self.is_plain(memory):
            self.simple(row, offset)
        else:
            self.access_other(row, memory, offset)

    rule_store = rule_load

    def rule_memory_size(self, row: Row) -> None:
        memory = self.memidx()
        if self.is_plain(memory):
            self.simple(row)
        else:
            self._lower(row.forms[1], (), (self._address(memory),), memory)

    def rule_memory_grow(self, row: Row) -> None:
        memory = self.memidx()
        address = self._address(memory)
        self._lower(row.form, (address,), (address,), memory)

    def rule_memory_fill(self, row: Row) -> None:
        memory = self.memidx()
        if self.is_plain(memory):
            self.simple(row)
        else:
            address = self._address(memory)
            self._lower(row.forms[1], (address, I32, address), (), memory)

    def rule_memory_copy(self, row: Row) -> None:
        target, source = self.memidx(), self.memidx()
        if self.is_plain(target) and self.is_plain(source):
            self.simple(row)
            return
        to, start = self._address(target), self._address(source)
        params = to, start, smaller_address(to, start)
        self._lower(row.forms[1], params, (), target, source)

    def _check_data(self, index: int) -> None:
        if self.context.datas is None:
            raise MalformedError("data count section required", self.opcode_at)
        if index >= self.context.datas:
            raise self.invalid(f"unknown data segment {index}")

    def rule_memory_init(self, row: Row) -> None:
        data, memory = self.u32(), self.memidx()     # the memory is checked first
        self._check_data(data)
        self._lower(row.form, (self._address(memory), I32, I32), (), data, memory)

    def rule_data_drop(self, row: Row) -> None:
        data = self.u32()
        self._check_data(data)
        self.simple(row, data)

    # -- tables (§3.4.6) ---------------------------------------------------------------------

    def _table(self) -> tuple[int, ValType, ValType]:
        """The table index that comes next, its elements' and its addresses' type."""
        index = self.index("table", len(self.context.tables))
        table = self.context.tables[index]
        return index, table.element, address_type(table)

    def _check_elem(self, index: int) -> None:
        if index >= len(self.context.elems):
            raise self.invalid(f"unknown elem segment {index}")

    def rule_table_get(self, row: Row) -> None:
        table, element, address = self._table()
        self._lower(row.form, (address,), (element,), table)

    def rule_table_set(self, row: Row) -> None:
        table, element, address = self._table()
        self._lower(row.form, (address, element), (), table)

    def rule_table_size(self, row: Row) -> None:
        table, _, address = self._table()
        self._lower(row.form, (), (address,), table)

    def rule_table_grow(self, row: Row) -> None:
        table, element, address = self._table()
        self._lower(row.form, (element, address), (address,), table)

    def rule_table_fill(self, row: Row) -> None:
        table, element, address = self._table()
        self._lower(row.form, (address, element, address), (), table)

    def rule_table_copy(self, row: Row) -> None:
        target, element, to = self._table()
        source, other, start = self._table()
        if element != other:
            raise self.mismatch(self.opcode_at)
        self._lower(row.form, (to, start, smaller_address(to, start)), (), target, source)

    def rule_table_init(self, row: Row) -> None:
        elem, (table, element, address) = self.u32(), self._table()   # the table is checked first
        self._check_elem(elem)
        if self.context.elems[elem] != element:
            raise self.mismatch(self.opcode_at)
        self._lower(row.form, (address, I32, I32), (), elem, table)

    def rule_elem_drop(self, row: Row) -> None:
        elem = self.u32()
        self._check_elem(elem)
        self._lower(row.form, (), (), elem)

    # -- references (§3.4.4) -----------------------------------------------------------------

    def rule_ref_null(self, row: Row) -> None:
        self.reader.pos = self.at
        heap = self.reader.heaptype()
        self.at = self.reader.pos
        self._lower(row.form, (), (reftype(True, heap),))

    def rule_ref_is_null(self, row: Row) -> None:
        found = self.pop_any()
        if found != UNKNOWN and not is_ref(found):
            raise self.mismatch(self.opcode_at)
        self._lower(row.form, (), (I32,))

    def rule_ref_func(self, row: Row) -> None:
        funcidx = self.index("function", len(self.context.func_typeidxs))
        if funcidx not in self.context.refs:
            raise self.invalid("undeclared function reference")
        self._lower(row.form, (), (FUNCREF,), funcidx)


RULES = {row.rule: getattr(Rules, "rule_" + row.rule.replace(".", "_").replace(" ", "_"))
         for row in (*PREFIXED.values(),
                     *(entry[-1] for entry in OPS_OTHER_MEMORY if entry[0] == RARE))
         if row is not None}
