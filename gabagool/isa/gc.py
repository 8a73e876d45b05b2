"""Aggregate instructions (spec §2.4.9): structures, arrays, i31, casts, conversions.

References are operands of one slot, here I64. What a field or element is says the form: a slot of
an object is 8 bytes (16 for a v128), with anything narrower zero-extended in it; elements of an
array lie side by side. Forms that may have to collect garbage leave native code when the heap is
full; that is why they are served, whatever their native part does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gabagool.isa.row import CONTROL, EFFECT, GC, SERVICE, VALUE, Form, Row, Semantic, prefixed
from gabagool.types import EQ, I31, I32, I64, V128, ValType, reftype

_PREFIX = 0xFB
HEADER = 8            # bytes of an object before its fields or elements
_SLOT = ("slot", "slot")
_TYPE = ("type", "type")
_NUMBER = ("n", "u32")
_DISP = ("disp", "disp")
_MOVE = (_NUMBER, ("src", "slot"), ("dst", "slot"))

# What a test of an abstract type lets through: the field `kinds` of forms named +kind. Only where
# the answers for STRUCT and ARRAY differ need the object itself be looked at, so the same test
# serves the hierarchies of functions, host values and exceptions: their kinds are all or nothing.
IS_NULL, IS_I31, IS_HOST, IS_STRUCT, IS_ARRAY = 1, 2, 4, 8, 16
IS_SOMETHING = IS_I31 | IS_HOST | IS_STRUCT | IS_ARRAY


def _form(name: str, kind: str, fields: tuple[tuple[str, str], ...], sem: Semantic | None,
          params: tuple[ValType, ...] = (), results: tuple[ValType, ...] = (), *,
          traps: bool = False, pops: int = 0) -> Form:
    return Form(name, kind, (_SLOT, *fields), sem, params, results, traps, pops=pops, unit=GC)


def _row(mnemonic: str, sub: int, imms: tuple[str, ...], rule: str, *forms: Form,
         const: bool = False) -> Row:
    return Row(mnemonic, prefixed(_PREFIX, sub), imms, (), (), rule, forms, const=const)


# -- structures ---------------------------------------------------------------------------------

# Of `n` slots of fields: they are the operands, in place. `slot` is where the first one is.
_STRUCT_NEW = _form("struct.new", SERVICE, (_TYPE, _NUMBER), lambda e: e.struct_new())
_STRUCT_NEW_PACKED = _form("struct.new+packed", SERVICE, (_TYPE, _NUMBER),
                           lambda e: e.struct_new(packed=True))
_STRUCT_NEW_DEFAULT = _form("struct.new_default", SERVICE, (_TYPE,),
                            lambda e: e.struct_new_default())
# `offset` is that of the field from the object's start.
_OFFSET = ("offset", "u32")
_STRUCT_GET = _form("struct.get", VALUE, (_OFFSET,), lambda e, ref: e.struct_get(ref, I64),
                    (I64,), (I64,), traps=True)
_STRUCT_GET_V128 = _form("struct.get+v128", VALUE, (_OFFSET,),
                         lambda e, ref: e.struct_get(ref, V128), (I64,), (V128,), traps=True)


def _struct_get_signed(bits: int) -> Form:
    return _form(f"struct.get_s+{bits}", VALUE, (_OFFSET,),
                 lambda e, ref: e.struct_get_signed(ref, bits), (I64,), (I32,), traps=True)


def _struct_set(suffix: str, t: ValType, bits: int) -> Form:
    return _form("struct.set" + suffix, EFFECT, (_OFFSET,),
                 lambda e, ref, value: e.struct_set(ref, value, bits), (I64, t), traps=True)


# -- arrays -------------------------------------------------------------------------------------

_DATA, _ELEM = ("data", "u32"), ("elem", "u32")
_ARRAY_NEW = _form("array.new", SERVICE, (_TYPE,), lambda e: e.array_new(), pops=2)
_ARRAY_NEW_V128 = _form("array.new+v128", SERVICE, (_TYPE,), None, pops=3)
_ARRAY_NEW_DEFAULT = _form("array.new_default", SERVICE, (_TYPE,),
                           lambda e: e.array_new_default(), pops=1)
# Of `n` elements: they are the operands, in place. `slot` is where the first one is.
_ARRAY_NEW_FIXED = _form("array.new_fixed", SERVICE, (_TYPE, _NUMBER),
                         lambda e: e.array_new_fixed())
_ARRAY_NEW_DATA = _form("array.new_data", SERVICE, (_TYPE, _DATA), None, pops=2)
_ARRAY_NEW_ELEM = _form("array.new_elem", SERVICE, (_TYPE, _ELEM), None, pops=2)
_ARRAY_LEN = _form("array.len", VALUE, (), lambda e, ref: e.array_len(ref), (I64,), (I32,),
                   traps=True)
_ARRAY_FILL = _form("array.fill", EFFECT, (_TYPE,), lambda e: e.array_fill(), traps=True, pops=4)
_ARRAY_FILL_V128 = _form("array.fill+v128", SERVICE, (_TYPE,), None, pops=5)
_ARRAY_COPY = _form("array.copy", EFFECT, (_TYPE, ("source", "type")), lambda e: e.array_copy(),
                    traps=True, pops=5)
_ARRAY_INIT_DATA = _form("array.init_data", SERVICE, (_TYPE, _DATA), None, pops=4)
_ARRAY_INIT_ELEM = _form("array.init_elem", SERVICE, (_TYPE, _ELEM), None, pops=4)


def _element(bits: int) -> ValType:
    """How an element of so many bits is an operand."""
    return V128 if bits == 128 else I64 if bits == 64 else I32


def _array_get(mnemonic: str, bits: int, signed: bool = False) -> Form:
    return _form(f"{mnemonic}+{bits}", VALUE, (),
                 lambda e, ref, i: e.array_get(ref, i, bits, signed),
                 (I64, I32), (_element(bits),), traps=True)


def _array_set(bits: int) -> Form:
    return _form(f"array.set+{bits}", EFFECT, (),
                 lambda e, ref, i, value: e.array_set(ref, i, value, bits),
                 (I64, I32, _element(bits)), traps=True)


# -- casts --------------------------------------------------------------------------------------

# A test for a defined type: of an object, of a function, or for an abstract type. `null` is 1
# where null passes.
_TESTS: tuple[tuple[str, tuple[tuple[str, str], ...], Callable[[Any, Any], Any]], ...] = (
    ("", (_TYPE, ("null", "u32")), lambda e, ref: e.is_object_of(ref, "type", "null")),
    ("+func", (_TYPE, ("null", "u32")), lambda e, ref: e.is_func_of(ref, "type", "null")),
    ("+kind", (("kinds", "u32"),), lambda e, ref: e.is_of_kind(ref, "kinds")),
)
OBJECT, FUNCTION, KIND = range(3)      # which of a row's forms


def _tests() -> tuple[Form, ...]:
    return tuple(_form("ref.test" + suffix, VALUE, fields,
                       lambda e, ref, test=test: e.truth(test(e, ref)), (I64,), (I32,))
                 for suffix, fields, test in _TESTS)


def _casts() -> tuple[Form, ...]:
    return tuple(_form("ref.cast" + suffix, VALUE, fields,
                       lambda e, ref, test=test: e.cast(ref, test(e, ref)), (I64,), (I64,),
                       traps=True)
                 for suffix, fields, test in _TESTS)


def _branches(mnemonic: str, taken: bool) -> tuple[Form, ...]:
    """Plain and moving forms of each test; the reference stays in its slot."""
    def form(suffix: str, fields: tuple[tuple[str, str], ...], test: Any, moving: bool) -> Form:
        return _form(mnemonic + suffix + "+move" * moving, CONTROL,
                     (_DISP, *fields, *(_MOVE if moving else ())),
                     lambda e: e.branch_on_cast(test, "disp", taken, moving), pops=1)
    return tuple(form(*test, moving) for test in _TESTS for moving in (False, True))


_REF_I31 = _form("ref.i31", VALUE, (), lambda e, n: e.i31(n), (I32,), (I64,))
_I31_GET_S = _form("i31.get_s", VALUE, (), lambda e, ref: e.i31_get(ref, True), (I64,), (I32,),
                   traps=True)
_I31_GET_U = _form("i31.get_u", VALUE, (), lambda e, ref: e.i31_get(ref, False), (I64,), (I32,),
                   traps=True)
_EQ = _form("ref.eq", VALUE, (), lambda e, a, b: e.truth(e.b.icmp_unsigned("==", a, b)),
            (I64, I64), (I32,))
# A reference is the same bits on both sides; `slot` is above it.
_CONVERT = _form("convert", VALUE, (), lambda e: None)

_EQREF = reftype(True, EQ)
ROWS = (
    # a rule of its own: the validator's loop knows the main unit only
    Row("ref.eq", 0xD3, (), (_EQREF, _EQREF), (I32,), "ref.eq", (_EQ,)),
    _row("struct.new", 0, ("typeidx",), "struct.new", _STRUCT_NEW, _STRUCT_NEW_PACKED,
         const=True),
    _row("struct.new_default", 1, ("typeidx",), "struct.new_default", _STRUCT_NEW_DEFAULT,
         const=True),
    _row("struct.get", 2, ("typeidx", "fieldidx"), "struct.get", _STRUCT_GET, _STRUCT_GET_V128),
    _row("struct.get_s", 3, ("typeidx", "fieldidx"), "struct.get", _struct_get_signed(8),
         _struct_get_signed(16)),
    _row("struct.get_u", 4, ("typeidx", "fieldidx"), "struct.get", _STRUCT_GET),
    _row("struct.set", 5, ("typeidx", "fieldidx"), "struct.set", _struct_set("", I64, 64),
         _struct_set("+8", I32, 8), _struct_set("+16", I32, 16),
         _struct_set("+v128", V128, 128)),
    _row("array.new", 6, ("typeidx",), "array.new", _ARRAY_NEW, _ARRAY_NEW_V128, const=True),
    _row("array.new_default", 7, ("typeidx",), "array.new_default", _ARRAY_NEW_DEFAULT,
         const=True),
    _row("array.new_fixed", 8, ("typeidx", "u32"), "array.new_fixed", _ARRAY_NEW_FIXED,
         const=True),
    _row("array.new_data", 9, ("typeidx", "dataidx"), "array.new_data", _ARRAY_NEW_DATA),
    _row("array.new_elem", 10, ("typeidx", "elemidx"), "array.new_elem", _ARRAY_NEW_ELEM),
    _row("array.get", 11, ("typeidx",), "array.get",
         *(_array_get("array.get", bits) for bits in (32, 64, 128))),
    _row("array.get_s", 12, ("typeidx",), "array.get",
         *(_array_get("array.get_s", bits, True) for bits in (8, 16))),
    _row("array.get_u", 13, ("typeidx",), "array.get",
         *(_array_get("array.get_u", bits) for bits in (8, 16))),
    _row("array.set", 14, ("typeidx",), "array.set",
         *(_array_set(bits) for bits in (8, 16, 32, 64, 128))),
    _row("array.len", 15, (), "array.len", _ARRAY_LEN),
    _row("array.fill", 16, ("typeidx",), "array.fill", _ARRAY_FILL, _ARRAY_FILL_V128),
    _row("array.copy", 17, ("typeidx", "typeidx"), "array.copy", _ARRAY_COPY),
    _row("array.init_data", 18, ("typeidx", "dataidx"), "array.init_data", _ARRAY_INIT_DATA),
    _row("array.init_elem", 19, ("typeidx", "elemidx"), "array.init_elem", _ARRAY_INIT_ELEM),
    _row("ref.test", 20, ("ref",), "ref.test", *_tests()),
    _row("ref.test null", 21, ("refnull",), "ref.test", *_tests()),
    _row("ref.cast", 22, ("ref",), "ref.cast", *_casts()),
    _row("ref.cast null", 23, ("refnull",), "ref.cast", *_casts()),
    _row("br_on_cast", 24, ("cast",), "br_on_cast", *_branches("br_on_cast", True)),
    _row("br_on_cast_fail", 25, ("cast",), "br_on_cast", *_branches("br_on_cast_fail", False)),
    _row("any.convert_extern", 26, (), "any.convert_extern", _CONVERT, const=True),
    _row("extern.convert_any", 27, (), "extern.convert_any", _CONVERT, const=True),
    Row("ref.i31", prefixed(_PREFIX, 28), (), (I32,), (reftype(False, I31),), "", (_REF_I31,),
        const=True),
    Row("i31.get_s", prefixed(_PREFIX, 29), (), (reftype(True, I31),), (I32,), "", (_I31_GET_S,)),
    Row("i31.get_u", prefixed(_PREFIX, 30), (), (reftype(True, I31),), (I32,), "", (_I31_GET_U,)),
)
