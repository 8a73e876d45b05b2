"""Validation and lowering of aggregate instructions (spec §3.4.7), one method per rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from gabagool.binary.instrs import Cast, read_cast
from gabagool.errors import ValidationError
from gabagool.isa import gc
from gabagool.isa.row import Form, Row
from gabagool.types import (
    ANY,
    ARRAY,
    EQ,
    EXTERN,
    FUNC,
    I31,
    I32,
    STRUCT,
    V128,
    FieldType,
    ValType,
    concrete,
    concrete_index,
    heap_of,
    is_nullable,
    is_ref,
    non_null,
    reftype,
    slots_of_all,
)
from gabagool.valid.aggregates import array_at, made, made_type, struct_at
from gabagool.valid.control import ControlRules
from gabagool.valid.lowered import SLOT

_T = TypeVar("_T")
_KINDS = {EQ: gc.IS_I31 | gc.IS_STRUCT | gc.IS_ARRAY, I31: gc.IS_I31, STRUCT: gc.IS_STRUCT,
          ARRAY: gc.IS_ARRAY}


def _suffixed(row: Row, suffix: str) -> Form:
    return next(form for form in row.forms if form.name.endswith(suffix))


class GcRules(ControlRules):
    """Structures, arrays, i31, casts and conversions."""

    def _asked(self, question: Callable[..., _T], *args: Any) -> _T:
        """What a function of `aggregates` says of the module's types."""
        try:
            return question(self.context.types, *args)
        except ValidationError as error:
            raise self.invalid(error.message) from None

    def _ref(self, typeidx: int) -> ValType:
        """A reference to what a typed instruction works on."""
        return reftype(True, concrete(typeidx))

    def _params(self, row: Row, typeidx: int, count: int = 0) -> tuple[ValType, ...]:
        """What makes an object of a type."""
        return self._asked(lambda types: made(row.mnemonic, types, typeidx, count))

    def _make(self, form: Form, typeidx: int, params: tuple[ValType, ...], *fields: int) -> None:
        self._lower(form, params, (made_type(typeidx),), typeidx, *fields)

    # -- structures --------------------------------------------------------------------------

    def rule_struct_new(self, row: Row) -> None:
        typeidx = self.u32()
        params = self._params(row, typeidx)
        packed = any(f.packed for f in self._asked(struct_at, typeidx).fields)
        self._make(row.forms[packed], typeidx, params, slots_of_all(params))

    def rule_struct_new_default(self, row: Row) -> None:
        typeidx = self.u32()
        self._make(row.form, typeidx, self._params(row, typeidx))

    def _field(self) -> tuple[int, FieldType, int]:
        """Type index, field and its offset in the object, of the indices that come next."""
        typeidx, index = self.u32(), self.u32()
        fields = self._asked(struct_at, typeidx).fields
        if index >= len(fields):
            raise self.invalid(f"unknown field {index}")
        before = slots_of_all([f.storage for f in fields[:index]])
        return typeidx, fields[index], gc.HEADER + SLOT * before

    def _check_packed(self, row: Row, field: FieldType, what: str) -> None:
        """That a sign is given just where storage is narrower than its value."""
        if field.packed != row.mnemonic.endswith(("_s", "_u")):
            raise self.invalid(f"{what} is {'packed' if field.packed else 'unpacked'}")

    def rule_struct_get(self, row: Row) -> None:
        typeidx, field, offset = self._field()
        self._check_packed(row, field, "field")
        form = row.form
        if len(row.forms) > 1:
            form = row.forms[field.bits == (16 if field.packed else 128)]
        self._lower(form, (self._ref(typeidx),), (field.unpacked,), offset)

    def rule_struct_set(self, row: Row) -> None:
        typeidx, field, offset = self._field()
        if not field.mutable:
            raise self.invalid("immutable field")
        suffix = f"+{field.bits}" if field.packed else "+v128" if field.storage == V128 else "set"
        self._lower(_suffixed(row, suffix), (self._ref(typeidx), field.unpacked), (), offset)

    # -- arrays ------------------------------------------------------------------------------

    def _array(self, mutable: bool = False) -> tuple[int, FieldType]:
        """Type index and elements of the array type that comes next."""
        typeidx = self.u32()
        field = self._asked(array_at, typeidx).field
        if mutable and not field.mutable:
            raise self.invalid("immutable array")
        return typeidx, field

    def rule_array_new(self, row: Row) -> None:
        typeidx, field = self._array()
        self._make(row.forms[field.storage == V128], typeidx, self._params(row, typeidx))

    def rule_array_new_default(self, row: Row) -> None:
        typeidx = self.u32()
        self._make(row.form, typeidx, self._params(row, typeidx))

    def rule_array_new_fixed(self, row: Row) -> None:
        typeidx, count = self.u32(), self.u32()
        self._make(row.form, typeidx, self._params(row, typeidx, count), count)

    def _check_numbers(self, field: FieldType) -> None:
        if is_ref(field.storage):
            raise self.invalid("array type is not numeric or vector")

    def _elem(self, index: int, field: FieldType) -> None:
        self.check_elem(index)
        if not self.context.matches(self.context.elems[index], field.storage):
            raise self.mismatch(self.opcode_at)

    def rule_array_new_data(self, row: Row) -> None:
        typeidx, field = self._array()
        data = self.u32()
        self.check_data(data)
        self._check_numbers(field)
        self._make(row.form, typeidx, (I32, I32), data)

    def rule_array_new_elem(self, row: Row) -> None:
        typeidx, field = self._array()
        elem = self.u32()
        self._elem(elem, field)
        self._make(row.form, typeidx, (I32, I32), elem)

    def rule_array_get(self, row: Row) -> None:
        typeidx, field = self._array()
        self._check_packed(row, field, "array")
        self._lower(_suffixed(row, f"+{field.bits}"), (self._ref(typeidx), I32),
                    (field.unpacked,))

    def rule_array_set(self, row: Row) -> None:
        typeidx, field = self._array(mutable=True)
        self._lower(_suffixed(row, f"+{field.bits}"),
                    (self._ref(typeidx), I32, field.unpacked), ())

    def rule_array_len(self, row: Row) -> None:
        self._lower(row.form, (reftype(True, ARRAY),), (I32,))

    def rule_array_fill(self, row: Row) -> None:
        typeidx, field = self._array(mutable=True)
        self._lower(row.forms[field.storage == V128],
                    (self._ref(typeidx), I32, field.unpacked, I32), (), typeidx)

    def rule_array_copy(self, row: Row) -> None:
        typeidx, field = self._array(mutable=True)
        source, other = self._array()
        if not self.context.matches(other.storage, field.storage):
            raise self.invalid("array types do not match")
        params = self._ref(typeidx), I32, self._ref(source), I32, I32
        self._lower(row.form, params, (), typeidx, source)

    def rule_array_init_data(self, row: Row) -> None:
        typeidx, field = self._array(mutable=True)
        data = self.u32()
        self._check_numbers(field)
        self.check_data(data)
        self._lower(row.form, (self._ref(typeidx), I32, I32, I32), (), typeidx, data)

    def rule_array_init_elem(self, row: Row) -> None:
        typeidx, field = self._array(mutable=True)
        elem = self.u32()
        self._elem(elem, field)
        self._lower(row.form, (self._ref(typeidx), I32, I32, I32), (), typeidx, elem)

    # -- equality, conversions ---------------------------------------------------------------

    def rule_ref_eq(self, row: Row) -> None:
        self.simple(row)

    def _convert(self, row: Row, source: int, target: int) -> None:
        """The same bits in another hierarchy; null stays null."""
        found = self.pop_ref()
        if not self.context.matches(found, reftype(True, source)):
            raise self.mismatch(self.opcode_at)
        self.push(reftype(is_nullable(found), target))
        self.emit(row.form, self.slot_here())

    def rule_any_convert_extern(self, row: Row) -> None:
        self._convert(row, EXTERN, ANY)

    def rule_extern_convert_any(self, row: Row) -> None:
        self._convert(row, ANY, EXTERN)

    # -- casts -------------------------------------------------------------------------------

    def _test(self, t: ValType) -> tuple[int, tuple[int, ...]]:
        """Which of a row's forms (OBJECT, FUNCTION, KIND) tests for `t`, and its fields."""
        heap, null = heap_of(t), int(is_nullable(t))
        typeidx = concrete_index(heap)
        if typeidx is not None:
            is_func = self.context.space.kind(typeidx) == FUNC
            return gc.FUNCTION if is_func else gc.OBJECT, (typeidx, null)
        kinds = gc.IS_SOMETHING if heap == self.context.space.top(t) else _KINDS.get(heap, 0)
        return gc.KIND, (kinds | gc.IS_NULL * null,)

    def _target(self, row: Row) -> ValType:
        """The type that a cast or test names; pops its operand, anything of the hierarchy."""
        self.reader.pos = self.at
        heap = self.reader.heaptype()
        self.at = self.reader.pos
        t = reftype(row.imms == ("refnull",), heap)
        self.check_type(t)
        self.pop(reftype(True, self.context.space.top(t)))
        return t

    def rule_ref_test(self, row: Row) -> None:
        which, fields = self._test(self._target(row))
        self._lower(row.forms[which], (), (I32,), *fields)

    def rule_ref_cast(self, row: Row) -> None:
        t = self._target(row)
        which, fields = self._test(t)
        self._lower(row.forms[which], (), (t,), *fields)

    def _cast(self) -> Cast:
        """The immediates of a branch on a cast; the target is below the source."""
        self.reader.pos = self.at
        cast = read_cast(self.reader)
        self.at = self.reader.pos
        for t in (cast.source, cast.target):
            self.check_type(t)
        if not self.context.matches(cast.target, cast.source):
            raise self.mismatch(self.opcode_at)
        return cast

    def rule_br_on_cast(self, row: Row) -> None:
        """Branches with what the test lets through (or with the rest), keeps the other."""
        cast = self._cast()
        control = self.label(cast.label)
        rest = non_null(cast.source) if is_nullable(cast.target) else cast.source
        failing = row.mnemonic.endswith("fail")
        taken, kept = (rest, cast.target) if failing else (cast.target, rest)
        self.pop(cast.source)
        if not control.labels or not is_ref(control.labels[-1]):
            raise self.mismatch(self.opcode_at)
        self.push(taken)
        self.pop_all(control.labels)
        self.push_all(control.labels)
        which, fields = self._test(cast.target)
        self.emit_branch(row.forms[2 * which:2 * which + 2], control, self.slot_here() - SLOT,
                         test=fields)
        self.stack.pop()
        self.push(kept)
