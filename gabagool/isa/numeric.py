"""Numeric instructions (spec §2.4.1, semantics §4.3): constants, tests, comparisons, arithmetic."""

from __future__ import annotations

from gabagool.isa.row import VALUE, Form, Row, Semantic, prefixed, simple
from gabagool.types import F32, F64, I32, I64, ValType


def _const(mnemonic: str, opcode: int, imm: str, field: str, result: ValType) -> Row:
    form = Form(mnemonic, VALUE, (("slot", "slot"), ("value", field)),
                lambda e: e.constant_field("value", result), (), (result,))
    return Row(mnemonic, opcode, (imm,), (), (result,), "", (form,), const=True)


CONSTANTS = (
    _const("i32.const", 0x41, "i32", "u32", I32),
    _const("i64.const", 0x42, "i64", "u64", I64),
    _const("f32.const", 0x43, "f32", "u32", F32),
    _const("f64.const", 0x44, "f64", "u64", F64),
)


def _series(prefix: str, first: int, params: tuple[ValType, ...], result: ValType,
            cells: list[tuple[str, Semantic]], traps: tuple[str, ...] = ()) -> list[Row]:
    """Rows whose opcodes follow one another, as the spec lays them out."""
    return [simple(f"{prefix}.{name}", first + i, params, (result,), sem, traps=name in traps)
            for i, (name, sem) in enumerate(cells)]


# Cells of operations that vectors have, too, lane by lane.
INT_COMPARE: list[tuple[str, Semantic]] = [
    ("eq", lambda e, a, b: e.icmp("==", a, b)),
    ("ne", lambda e, a, b: e.icmp("!=", a, b)),
    ("lt_s", lambda e, a, b: e.icmp("<", a, b)),
    ("lt_u", lambda e, a, b: e.icmp("<", a, b, signed=False)),
    ("gt_s", lambda e, a, b: e.icmp(">", a, b)),
    ("gt_u", lambda e, a, b: e.icmp(">", a, b, signed=False)),
    ("le_s", lambda e, a, b: e.icmp("<=", a, b)),
    ("le_u", lambda e, a, b: e.icmp("<=", a, b, signed=False)),
    ("ge_s", lambda e, a, b: e.icmp(">=", a, b)),
    ("ge_u", lambda e, a, b: e.icmp(">=", a, b, signed=False)),
]
FLOAT_COMPARE: list[tuple[str, Semantic]] = [
    ("eq", lambda e, a, b: e.fcmp("==", a, b)),
    ("ne", lambda e, a, b: e.fcmp("!=", a, b)),
    ("lt", lambda e, a, b: e.fcmp("<", a, b)),
    ("gt", lambda e, a, b: e.fcmp(">", a, b)),
    ("le", lambda e, a, b: e.fcmp("<=", a, b)),
    ("ge", lambda e, a, b: e.fcmp(">=", a, b)),
]
_INT_UNARY: list[tuple[str, Semantic]] = [
    ("clz", lambda e, a: e.clz(a)),
    ("ctz", lambda e, a: e.ctz(a)),
    ("popcnt", lambda e, a: e.popcnt(a)),
]
_INT_BINARY: list[tuple[str, Semantic]] = [
    ("add", lambda e, a, b: e.add(a, b)),
    ("sub", lambda e, a, b: e.sub(a, b)),
    ("mul", lambda e, a, b: e.mul(a, b)),
    ("div_s", lambda e, a, b: e.div_s(a, b)),
    ("div_u", lambda e, a, b: e.div_u(a, b)),
    ("rem_s", lambda e, a, b: e.rem_s(a, b)),
    ("rem_u", lambda e, a, b: e.rem_u(a, b)),
    ("and", lambda e, a, b: e.and_(a, b)),
    ("or", lambda e, a, b: e.or_(a, b)),
    ("xor", lambda e, a, b: e.xor(a, b)),
    ("shl", lambda e, a, b: e.shl(a, b)),
    ("shr_s", lambda e, a, b: e.shr_s(a, b)),
    ("shr_u", lambda e, a, b: e.shr_u(a, b)),
    ("rotl", lambda e, a, b: e.rotl(a, b)),
    ("rotr", lambda e, a, b: e.rotr(a, b)),
]
_INT_TRAPS = ("div_s", "div_u", "rem_s", "rem_u")
FLOAT_UNARY: list[tuple[str, Semantic]] = [
    ("abs", lambda e, a: e.fabs(a)),
    ("neg", lambda e, a: e.fneg(a)),
    ("ceil", lambda e, a: e.canon(e.ceil(a))),
    ("floor", lambda e, a: e.canon(e.floor(a))),
    ("trunc", lambda e, a: e.canon(e.ftrunc(a))),
    ("nearest", lambda e, a: e.canon(e.nearest(a))),
    ("sqrt", lambda e, a: e.canon(e.sqrt(a))),
]
FLOAT_BINARY: list[tuple[str, Semantic]] = [
    ("add", lambda e, a, b: e.canon(e.fadd(a, b))),
    ("sub", lambda e, a, b: e.canon(e.fsub(a, b))),
    ("mul", lambda e, a, b: e.canon(e.fmul(a, b))),
    ("div", lambda e, a, b: e.canon(e.fdiv(a, b))),
    ("min", lambda e, a, b: e.fmin(a, b)),
    ("max", lambda e, a, b: e.fmax(a, b)),
    ("copysign", lambda e, a, b: e.copysign(a, b)),
]

COMPARISONS = (
    simple("i32.eqz", 0x45, (I32,), (I32,), lambda e, a: e.eqz(a)),
    *_series("i32", 0x46, (I32, I32), I32, INT_COMPARE),
    simple("i64.eqz", 0x50, (I64,), (I32,), lambda e, a: e.eqz(a)),
    *_series("i64", 0x51, (I64, I64), I32, INT_COMPARE),
    *_series("f32", 0x5B, (F32, F32), I32, FLOAT_COMPARE),
    *_series("f64", 0x61, (F64, F64), I32, FLOAT_COMPARE),
)
ARITHMETIC = (
    *_series("i32", 0x67, (I32,), I32, _INT_UNARY),
    *_series("i32", 0x6A, (I32, I32), I32, _INT_BINARY, _INT_TRAPS),
    *_series("i64", 0x79, (I64,), I64, _INT_UNARY),
    *_series("i64", 0x7C, (I64, I64), I64, _INT_BINARY, _INT_TRAPS),
    *_series("f32", 0x8B, (F32,), F32, FLOAT_UNARY),
    *_series("f32", 0x92, (F32, F32), F32, FLOAT_BINARY),
    *_series("f64", 0x99, (F64,), F64, FLOAT_UNARY),
    *_series("f64", 0xA0, (F64, F64), F64, FLOAT_BINARY),
)


def _trunc(mnemonic: str, opcode: int, source: ValType, target: ValType, signed: bool) -> Row:
    return simple(mnemonic, opcode, (source,), (target,),
                  lambda e, a: e.trunc(a, target, signed), traps=True)


def _trunc_sat(mnemonic: str, sub: int, source: ValType, target: ValType, signed: bool) -> Row:
    return simple(mnemonic, prefixed(0xFC, sub), (source,), (target,),
                  lambda e, a: e.trunc_sat(a, target, signed))


def _convert(mnemonic: str, opcode: int, source: ValType, target: ValType, signed: bool) -> Row:
    return simple(mnemonic, opcode, (source,), (target,),
                  lambda e, a: e.convert(a, target, signed))


def _extend(mnemonic: str, opcode: int, bits: int, t: ValType) -> Row:
    return simple(mnemonic, opcode, (t,), (t,), lambda e, a: e.sign_extend_from(a, bits))


def _reinterpret(mnemonic: str, opcode: int, source: ValType, target: ValType) -> Row:
    return simple(mnemonic, opcode, (source,), (target,), lambda e, a: e.bitcast(a, target))


CONVERSIONS = (
    simple("i32.wrap_i64", 0xA7, (I64,), (I32,), lambda e, a: e.wrap(a)),
    _trunc("i32.trunc_f32_s", 0xA8, F32, I32, True),
    _trunc("i32.trunc_f32_u", 0xA9, F32, I32, False),
    _trunc("i32.trunc_f64_s", 0xAA, F64, I32, True),
    _trunc("i32.trunc_f64_u", 0xAB, F64, I32, False),
    simple("i64.extend_i32_s", 0xAC, (I32,), (I64,), lambda e, a: e.extend(a, True)),
    simple("i64.extend_i32_u", 0xAD, (I32,), (I64,), lambda e, a: e.extend(a, False)),
    _trunc("i64.trunc_f32_s", 0xAE, F32, I64, True),
    _trunc("i64.trunc_f32_u", 0xAF, F32, I64, False),
    _trunc("i64.trunc_f64_s", 0xB0, F64, I64, True),
    _trunc("i64.trunc_f64_u", 0xB1, F64, I64, False),
    _convert("f32.convert_i32_s", 0xB2, I32, F32, True),
    _convert("f32.convert_i32_u", 0xB3, I32, F32, False),
    _convert("f32.convert_i64_s", 0xB4, I64, F32, True),
    _convert("f32.convert_i64_u", 0xB5, I64, F32, False),
    simple("f32.demote_f64", 0xB6, (F64,), (F32,), lambda e, a: e.canon(e.demote(a))),
    _convert("f64.convert_i32_s", 0xB7, I32, F64, True),
    _convert("f64.convert_i32_u", 0xB8, I32, F64, False),
    _convert("f64.convert_i64_s", 0xB9, I64, F64, True),
    _convert("f64.convert_i64_u", 0xBA, I64, F64, False),
    simple("f64.promote_f32", 0xBB, (F32,), (F64,), lambda e, a: e.canon(e.promote(a))),
    _reinterpret("i32.reinterpret_f32", 0xBC, F32, I32),
    _reinterpret("i64.reinterpret_f64", 0xBD, F64, I64),
    _reinterpret("f32.reinterpret_i32", 0xBE, I32, F32),
    _reinterpret("f64.reinterpret_i64", 0xBF, I64, F64),
    _extend("i32.extend8_s", 0xC0, 8, I32),
    _extend("i32.extend16_s", 0xC1, 16, I32),
    _extend("i64.extend8_s", 0xC2, 8, I64),
    _extend("i64.extend16_s", 0xC3, 16, I64),
    _extend("i64.extend32_s", 0xC4, 32, I64),
    _trunc_sat("i32.trunc_sat_f32_s", 0, F32, I32, True),
    _trunc_sat("i32.trunc_sat_f32_u", 1, F32, I32, False),
    _trunc_sat("i32.trunc_sat_f64_s", 2, F64, I32, True),
    _trunc_sat("i32.trunc_sat_f64_u", 3, F64, I32, False),
    _trunc_sat("i64.trunc_sat_f32_s", 4, F32, I64, True),
    _trunc_sat("i64.trunc_sat_f32_u", 5, F32, I64, False),
    _trunc_sat("i64.trunc_sat_f64_s", 6, F64, I64, True),
    _trunc_sat("i64.trunc_sat_f64_u", 7, F64, I64, False),
)

# Constant expressions may use these (spec §3.4.12, extended constant expressions).
_CONST_ARITHMETIC = frozenset(f"{t}.{op}" for t in ("i32", "i64") for op in ("add", "sub", "mul"))


def _mark_const(row: Row) -> Row:
    if row.mnemonic not in _CONST_ARITHMETIC:
        return row
    return Row(row.mnemonic, row.opcode, row.imms, row.params, row.results, row.rule, row.forms,
               const=True)


ROWS = (*CONSTANTS, *COMPARISONS, *map(_mark_const, ARITHMETIC), *CONVERSIONS)
