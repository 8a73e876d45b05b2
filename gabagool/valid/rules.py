"""Validation and lowering of the instructions that neither the loop nor `control` has (§3.4).

A method named `rule_X` serves the rows whose `rule` is X (dots and blanks as underscores); it gets
the row and finds the reader behind the opcode.
"""

from __future__ import annotations

from gabagool.errors import MalformedError
from gabagool.isa import ROWS
from gabagool.isa.row import Row, prefixed
from gabagool.types import (
    I32,
    ValType,
    address_type,
    concrete,
    non_null,
    reftype,
    smaller_address,
)
from gabagool.valid.exceptions import ExceptionRules
from gabagool.valid.frames import UNKNOWN
from gabagool.valid.gc import GcRules
from gabagool.valid.tables import PREFIXED, PREFIXES
from gabagool.valid.vectors import VectorRules, form_for

_MAX_SUB = 0xFFFF     # a suboperation of more bits would look like that of another prefix


class Rules(GcRules, ExceptionRules, VectorRules):
    """Everything else that the loop does not carry inline."""

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
        t = self.pop_any()
        self.emit(form_for(row, t), self.slot_here())

    def _select(self, row: Row, t: ValType) -> None:
        self.emit(form_for(row, t), self.slot_here())
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
        self.check_type(types[0])
        self.pop_all((types[0], types[0], I32))
        self._select(row, types[0])

    # -- variables (§3.4.5) ------------------------------------------------------------------

    def _local(self) -> tuple[int, ValType, int]:
        """The local index that comes next, its type and slot."""
        index = self.u32()
        if index >= len(self.locals):
            self.unknown_local(index, self.at)
        return index, self.locals[index], self.local_slots[index]

    def _initialise(self, index: int) -> None:
        if index in self.unset:
            self.unset.remove(index)
            self.initialised.append(index)

    def rule_local_get(self, row: Row) -> None:
        index, t, slot = self._local()
        if index in self.unset:
            raise self.invalid(f"uninitialized local {index}")
        self._lower(form_for(row, t), (), (t,), slot)

    def rule_local_set(self, row: Row) -> None:
        index, t, slot = self._local()
        self._lower(form_for(row, t), (t,), (), slot)
        self._initialise(index)

    def rule_local_tee(self, row: Row) -> None:
        index, t, slot = self._local()
        self._lower(form_for(row, t), (t,), (t,), slot)
        self._initialise(index)

    def rule_global_get(self, row: Row) -> None:
        index = self.index("global", len(self.context.globals))
        t = self.context.globals[index].valtype
        self.emit(form_for(row, t), self.slot_here(), index)
        self.push(t)

    def rule_global_set(self, row: Row) -> None:
        index = self.index("global", len(self.context.globals))
        target = self.context.globals[index]
        if not target.mutable:
            raise self.invalid("immutable global")
        self.pop(target.valtype)
        self.emit(form_for(row, target.valtype), self.slot_here(), index)

    # -- memory (§3.4.7) ---------------------------------------------------------------------

    def _address(self, memory: int) -> ValType:
        return address_type(self.context.mems[memory])

    def access_other(self, row: Row, memory: int, *fields: int) -> None:
        """A load or store that its plain form does not serve."""
        self._lower(row.forms[1], (self._address(memory), *row.params[1:]), row.results,
                    memory, *fields)

    def _access(self, row: Row, memory: int, *fields: int) -> None:
        if self.is_plain(memory):
            self.simple(row, *fields)
        else:
            self.access_other(row, memory, *fields)

    def rule_load(self, row: Row) -> None:
        memory, offset, self.at = self.memarg(row.align.bit_length(), self.at)
        self._access(row, memory, offset)

    rule_store = rule_load

    def rule_memory_lane(self, row: Row) -> None:
        memory, offset, self.at = self.memarg(row.align.bit_length(), self.at)
        self._access(row, memory, offset, self.lane(row))

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

    def rule_memory_init(self, row: Row) -> None:
        data, memory = self.u32(), self.memidx()     # the memory is checked first
        self.check_data(data)
        self._lower(row.form, (self._address(memory), I32, I32), (), data, memory)

    def rule_data_drop(self, row: Row) -> None:
        data = self.u32()
        self.check_data(data)
        self.simple(row, data)

    # -- tables (§3.4.6) ---------------------------------------------------------------------

    def _table(self) -> tuple[int, ValType, ValType]:
        """The table index that comes next, its elements' and its addresses' type."""
        index = self.index("table", len(self.context.tables))
        table = self.context.tables[index]
        return index, table.element, address_type(table)

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
        if not self.context.matches(other, element):
            raise self.mismatch(self.opcode_at)
        self._lower(row.form, (to, start, smaller_address(to, start)), (), target, source)

    def rule_table_init(self, row: Row) -> None:
        elem, (table, element, address) = self.u32(), self._table()   # the table is checked first
        self.check_elem(elem)
        if not self.context.matches(self.context.elems[elem], element):
            raise self.mismatch(self.opcode_at)
        self._lower(row.form, (address, I32, I32), (), elem, table)

    def rule_elem_drop(self, row: Row) -> None:
        elem = self.u32()
        self.check_elem(elem)
        self._lower(row.form, (), (), elem)

    # -- references (§3.4.4) -----------------------------------------------------------------

    def rule_ref_null(self, row: Row) -> None:
        self.reader.pos = self.at
        heap = self.reader.heaptype()
        self.at = self.reader.pos
        self.check_type(reftype(True, heap))
        self._lower(row.form, (), (reftype(True, heap),))

    def rule_ref_is_null(self, row: Row) -> None:
        self.pop_ref()
        self._lower(row.form, (), (I32,))

    def rule_ref_as_non_null(self, row: Row) -> None:
        found = self.pop_ref()
        self._lower(row.form, (), (non_null(found),))

    def rule_ref_func(self, row: Row) -> None:
        funcidx = self.index("function", len(self.context.func_typeidxs))
        if funcidx not in self.context.refs:
            raise self.invalid("undeclared function reference")
        t = reftype(False, concrete(self.context.func_typeidxs[funcidx]))
        self._lower(row.form, (), (t,), funcidx)


RULES = {row.rule: getattr(Rules, "rule_" + row.rule.replace(".", "_").replace(" ", "_"))
         for row in ROWS}
