"""Vector instructions (spec §2.4.3, semantics §4.3.5) with the relaxed ones.

A v128 is 16 bytes; an operation sees the lanes of its shape, which the mnemonic names unless said
otherwise. Relaxed instructions do what the deterministic profile says (§4.3.6): the first choice,
which is the plain instruction's where there is one, so they share its form.
"""

from __future__ import annotations

from typing import Any

from gabagool.isa.memory import accesses
from gabagool.isa.numeric import FLOAT_BINARY, FLOAT_COMPARE, FLOAT_UNARY, INT_COMPARE
from gabagool.isa.row import EFFECT, VALUE, VECTOR, Form, Row, Semantic, prefixed
from gabagool.types import F32, F64, I32, I64, V128, ValType

_PREFIX = 0xFD
_SLOT = ("slot", "slot")
_LANE = ("lane", "u32")
_V1, _V2, _V3, _SHIFT = (V128,), (V128,) * 2, (V128,) * 3, (V128, I32)
_SCALAR = {"i8x16": I32, "i16x8": I32, "i32x4": I32, "i64x2": I64, "f32x4": F32, "f64x2": F64}


def _shape(mnemonic: str) -> str:
    return mnemonic.partition(".")[0]


def _sem(cell: Semantic, params: tuple[ValType, ...], shape: str) -> Semantic:
    """The cell, its vector operands seen as lanes of `shape`."""
    def sem(e: Any, *operands: Any) -> Any:
        return cell(e, *(e.lanes(a, shape) if t == V128 else a
                         for t, a in zip(params, operands, strict=True)))
    return sem


def _op(mnemonic: str, sub: int, params: tuple[ValType, ...], result: ValType, cell: Semantic,
        shape: str = "") -> Row:
    """A row without immediates."""
    form = Form(mnemonic, VALUE, (_SLOT,), _sem(cell, params, shape or _shape(mnemonic)), params,
                (result,), unit=VECTOR)
    return Row(mnemonic, prefixed(_PREFIX, sub), (), params, (result,), "", (form,))


def _unary(mnemonic: str, sub: int, cell: Semantic, shape: str = "") -> Row:
    return _op(mnemonic, sub, _V1, V128, cell, shape)


def _binary(mnemonic: str, sub: int, cell: Semantic, shape: str = "") -> Row:
    return _op(mnemonic, sub, _V2, V128, cell, shape)


def _same_as(row: Row, mnemonic: str, sub: int) -> Row:
    """A relaxed instruction that does what `row` does."""
    return Row(mnemonic, prefixed(_PREFIX, sub), (), row.params, row.results, "", row.forms)


# -- memory ----------------------------------------------------------------------------------

def _load(name: str, sub: int, size: int, cell: Semantic) -> Row:
    """`cell` makes the vector of the address of `size` bytes."""
    forms = accesses(f"v128.{name}", VALUE, size, cell, (), _V1, unit=VECTOR)
    return Row(f"v128.{name}", prefixed(_PREFIX, sub), ("memarg",), (I32,), _V1, "load", forms,
               align=size)


def _load_extend(name: str, sub: int, shape: str, signed: bool) -> Row:
    return _load(name, sub, 8, lambda e, p: e.widen(e.load_lanes(p, shape), signed))


def _load_splat(sub: int, bits: int) -> Row:
    return _load(f"load{bits}_splat", sub, bits // 8,
                 lambda e, p: e.splat(e.load_bits(p, bits), 128 // bits))


def _load_zero(sub: int, bits: int) -> Row:
    return _load(f"load{bits}_zero", sub, bits // 8,
                 lambda e, p: e.low_lane(e.load_bits(p, bits), 128 // bits))


def _lane_access(name: str, sub: int, bits: int, kind: str, cell: Semantic,
                 results: tuple[ValType, ...]) -> Row:
    """`cell` gets the address and the vector."""
    shape = f"i{bits}x{128 // bits}"
    mnemonic = f"v128.{name}{bits}_lane"
    forms = accesses(mnemonic, kind, bits // 8, lambda e, p, v: cell(e, p, e.lanes(v, shape)),
                     _V1, results, (_LANE,), VECTOR)
    return Row(mnemonic, prefixed(_PREFIX, sub), ("memarg", f"lane{128 // bits}"), (I32, V128),
               results, "memory lane", forms, align=bits // 8)


def _load_lane(sub: int, bits: int) -> Row:
    return _lane_access("load", sub, bits, VALUE,
                        lambda e, p, v: e.replace_lane(v, e.load_bits(p, bits), "lane"), _V1)


def _store_lane(sub: int, bits: int) -> Row:
    return _lane_access("store", sub, bits, EFFECT,
                        lambda e, p, v: e.store(p, e.extract_lane(v, "lane"), bits), ())


_STORE = accesses("v128.store", EFFECT, 16, lambda e, p, v: e.store(p, v, 128), _V1, (),
                  unit=VECTOR)

MEMORY = (
    _load("load", 0, 16, lambda e, p: e.load_lanes(p, "i64x2")),
    _load_extend("load8x8_s", 1, "i8x8", True),
    _load_extend("load8x8_u", 2, "i8x8", False),
    _load_extend("load16x4_s", 3, "i16x4", True),
    _load_extend("load16x4_u", 4, "i16x4", False),
    _load_extend("load32x2_s", 5, "i32x2", True),
    _load_extend("load32x2_u", 6, "i32x2", False),
    *(_load_splat(7 + i, 8 << i) for i in range(4)),
    Row("v128.store", prefixed(_PREFIX, 11), ("memarg",), (I32, V128), (), "store", _STORE,
        align=16),
    *(_load_lane(84 + i, 8 << i) for i in range(4)),
    *(_store_lane(88 + i, 8 << i) for i in range(4)),
    _load_zero(92, 32),
    _load_zero(93, 64),
)

# -- constants and lanes ---------------------------------------------------------------------

_CONST = Form("v128.const", VALUE, (_SLOT, ("value", "bits128")),
              lambda e: e.constant_field("value", V128), (), _V1, unit=VECTOR)
_SHUFFLE = Form("i8x16.shuffle", VALUE, (_SLOT, ("lanes", "bits128")),
                _sem(lambda e, a, b: e.shuffle(a, b, "lanes"), _V2, "i8x16"), _V2, _V1,
                unit=VECTOR)
_SWIZZLE = _binary("i8x16.swizzle", 14, lambda e, a, b: e.swizzle(a, b))


def _splat(shape: str, sub: int) -> Row:
    return _op(f"{shape}.splat", sub, (_SCALAR[shape],), V128, lambda e, a: e.splat_to(a, shape))


def _lane(mnemonic: str, sub: int, params: tuple[ValType, ...], result: ValType,
          cell: Semantic) -> Row:
    """A row with a lane as its immediate."""
    shape = _shape(mnemonic)
    form = Form(mnemonic, VALUE, (_SLOT, _LANE), _sem(cell, params, shape), params, (result,),
                unit=VECTOR)
    return Row(mnemonic, prefixed(_PREFIX, sub), (f"lane{shape.partition('x')[2]}",), params,
               (result,), "lane", (form,))


def _extract_part(mnemonic: str, sub: int, signed: bool) -> Row:
    """Of lanes narrower than their scalar."""
    return _lane(mnemonic, sub, _V1, I32,
                 lambda e, a: e.to_i32(e.extract_lane(a, "lane"), signed))


def _extract(shape: str, sub: int) -> Row:
    return _lane(f"{shape}.extract_lane", sub, _V1, _SCALAR[shape],
                 lambda e, a: e.extract_lane(a, "lane"))


def _replace(shape: str, sub: int) -> Row:
    return _lane(f"{shape}.replace_lane", sub, (V128, _SCALAR[shape]), V128,
                 lambda e, a, b: e.replace_lane(a, b, "lane"))


LANES = (
    Row("v128.const", prefixed(_PREFIX, 12), ("v128",), (), _V1, "v128.const", (_CONST,),
        const=True),
    Row("i8x16.shuffle", prefixed(_PREFIX, 13), ("lanes32",), _V2, _V1, "shuffle", (_SHUFFLE,)),
    _SWIZZLE,
    *(_splat(shape, 15 + i) for i, shape in enumerate(_SCALAR)),
    _extract_part("i8x16.extract_lane_s", 21, True),
    _extract_part("i8x16.extract_lane_u", 22, False),
    _replace("i8x16", 23),
    _extract_part("i16x8.extract_lane_s", 24, True),
    _extract_part("i16x8.extract_lane_u", 25, False),
    _replace("i16x8", 26),
    *(row for i, shape in enumerate(("i32x4", "i64x2", "f32x4", "f64x2"))
      for row in (_extract(shape, 27 + 2 * i), _replace(shape, 28 + 2 * i))),
)

# -- comparisons and bits --------------------------------------------------------------------


def _series(shape: str, first: int, cells: list[tuple[str, Semantic]]) -> list[Row]:
    return [_binary(f"{shape}.{name}", first + i, cell) for i, (name, cell) in enumerate(cells)]


_BITSELECT = _op("v128.bitselect", 82, _V3, V128,
                 lambda e, a, b, c: e.or_(e.and_(a, c), e.and_(b, e.not_(c))), "i64x2")

COMPARISONS = (
    *_series("i8x16", 35, INT_COMPARE),
    *_series("i16x8", 45, INT_COMPARE),
    *_series("i32x4", 55, INT_COMPARE),
    *_series("f32x4", 65, FLOAT_COMPARE),
    *_series("f64x2", 71, FLOAT_COMPARE),
    *_series("i64x2", 214, [(name, cell) for name, cell in INT_COMPARE if name[-2:] != "_u"]),
)
BITWISE = (
    _unary("v128.not", 77, lambda e, a: e.not_(a), "i64x2"),
    _binary("v128.and", 78, lambda e, a, b: e.and_(a, b), "i64x2"),
    _binary("v128.andnot", 79, lambda e, a, b: e.and_(a, e.not_(b)), "i64x2"),
    _binary("v128.or", 80, lambda e, a, b: e.or_(a, b), "i64x2"),
    _binary("v128.xor", 81, lambda e, a, b: e.xor(a, b), "i64x2"),
    _BITSELECT,
    _op("v128.any_true", 83, _V1, I32, lambda e, a: e.any_true(a), "i64x2"),
)

# -- integer arithmetic ----------------------------------------------------------------------

_Cell = tuple[int, tuple[ValType, ...], ValType, Semantic]

# Opcodes count from the shape's first one; not every shape has all of them.
_INT: dict[str, _Cell] = {
    "abs": (0, _V1, V128, lambda e, a: e.absolute(a)),
    "neg": (1, _V1, V128, lambda e, a: e.negate(a)),
    "popcnt": (2, _V1, V128, lambda e, a: e.popcnt(a)),
    "all_true": (3, _V1, I32, lambda e, a: e.all_true(a)),
    "bitmask": (4, _V1, I32, lambda e, a: e.bitmask(a)),
    "shl": (11, _SHIFT, V128, lambda e, a, n: e.shl(a, e.shift_lanes(a, n))),
    "shr_s": (12, _SHIFT, V128, lambda e, a, n: e.shr_s(a, e.shift_lanes(a, n))),
    "shr_u": (13, _SHIFT, V128, lambda e, a, n: e.shr_u(a, e.shift_lanes(a, n))),
    "add": (14, _V2, V128, lambda e, a, b: e.add(a, b)),
    "add_sat_s": (15, _V2, V128, lambda e, a, b: e.lanewise("sadd.sat", a, b)),
    "add_sat_u": (16, _V2, V128, lambda e, a, b: e.lanewise("uadd.sat", a, b)),
    "sub": (17, _V2, V128, lambda e, a, b: e.sub(a, b)),
    "sub_sat_s": (18, _V2, V128, lambda e, a, b: e.lanewise("ssub.sat", a, b)),
    "sub_sat_u": (19, _V2, V128, lambda e, a, b: e.lanewise("usub.sat", a, b)),
    "mul": (21, _V2, V128, lambda e, a, b: e.mul(a, b)),
    "min_s": (22, _V2, V128, lambda e, a, b: e.lanewise("smin", a, b)),
    "min_u": (23, _V2, V128, lambda e, a, b: e.lanewise("umin", a, b)),
    "max_s": (24, _V2, V128, lambda e, a, b: e.lanewise("smax", a, b)),
    "max_u": (25, _V2, V128, lambda e, a, b: e.lanewise("umax", a, b)),
    "avgr_u": (27, _V2, V128, lambda e, a, b: e.average(a, b)),
}


def _ints(shape: str, first: int, names: str) -> list[Row]:
    rows = []
    for name in names.split():
        offset, params, result, cell = _INT[name]
        rows.append(_op(f"{shape}.{name}", first + offset, params, result, cell))
    return rows


def _halves(shape: str, first: int, source: str) -> list[Row]:
    """What widens the lanes of one half of a vector (or of two, multiplying them)."""
    rows: list[Row] = []
    variants = ((h, s) for s in (True, False) for h in (False, True))
    for i, (high, signed) in enumerate(variants):
        name = f"{'high' if high else 'low'}_{source}_{'s' if signed else 'u'}"
        rows += (_half_extend(f"{shape}.extend_{name}", first + 7 + i, source, high, signed),
                 _half_multiply(f"{shape}.extmul_{name}", first + 28 + i, source, high, signed))
    return rows


def _half_extend(mnemonic: str, sub: int, source: str, high: bool, signed: bool) -> Row:
    return _unary(mnemonic, sub, lambda e, a: e.widen(e.half(a, high), signed), source)


def _half_multiply(mnemonic: str, sub: int, source: str, high: bool, signed: bool) -> Row:
    return _binary(mnemonic, sub, lambda e, a, b: e.mul(
        e.widen(e.half(a, high), signed), e.widen(e.half(b, high), signed)), source)


def _pairwise(shape: str, sub: int, source: str) -> list[Row]:
    return [_unary(f"{shape}.extadd_pairwise_{source}_s", sub, lambda e, a: e.pairwise(a, True),
                   source),
            _unary(f"{shape}.extadd_pairwise_{source}_u", sub + 1,
                   lambda e, a: e.pairwise(a, False), source)]


def _narrow(shape: str, sub: int, source: str) -> list[Row]:
    return [_binary(f"{shape}.narrow_{source}_s", sub, lambda e, a, b: e.narrow(a, b, True),
                    source),
            _binary(f"{shape}.narrow_{source}_u", sub + 1, lambda e, a, b: e.narrow(a, b, False),
                    source)]


_Q15MULR = _binary("i16x8.q15mulr_sat_s", 130, lambda e, a, b: e.q15_multiply(a, b))

INTEGERS = (
    *_ints("i8x16", 96, "abs neg popcnt all_true bitmask shl shr_s shr_u add add_sat_s add_sat_u "
           "sub sub_sat_s sub_sat_u min_s min_u max_s max_u avgr_u"),
    *_narrow("i8x16", 101, "i16x8"),
    *_ints("i16x8", 128, "abs neg all_true bitmask shl shr_s shr_u add add_sat_s add_sat_u sub "
           "sub_sat_s sub_sat_u mul min_s min_u max_s max_u avgr_u"),
    *_pairwise("i16x8", 124, "i8x16"),
    *_narrow("i16x8", 133, "i32x4"),
    *_halves("i16x8", 128, "i8x16"),
    _Q15MULR,
    *_ints("i32x4", 160, "abs neg all_true bitmask shl shr_s shr_u add sub mul min_s min_u max_s "
           "max_u"),
    *_pairwise("i32x4", 126, "i16x8"),
    *_halves("i32x4", 160, "i16x8"),
    _binary("i32x4.dot_i16x8_s", 186, lambda e, a, b: e.dot(a, b), "i16x8"),
    *_ints("i64x2", 192, "abs neg all_true bitmask shl shr_s shr_u add sub mul"),
    *_halves("i64x2", 192, "i32x4"),
)

# -- float arithmetic ------------------------------------------------------------------------

_FLOAT = dict((*FLOAT_UNARY, *FLOAT_BINARY))
_FLOAT_OPCODES = ("abs", "neg", "", "sqrt", "add", "sub", "mul", "div", "min", "max")


def _floats(shape: str, first: int, ceil: int, floor: int, trunc: int, nearest: int) -> list[Row]:
    opcodes = {name: first + i for i, name in enumerate(_FLOAT_OPCODES) if name}
    opcodes |= {"ceil": ceil, "floor": floor, "trunc": trunc, "nearest": nearest}
    unary = {name for name, _ in FLOAT_UNARY}
    return [_op(f"{shape}.{name}", sub, _V1 if name in unary else _V2, V128, _FLOAT[name])
            for name, sub in opcodes.items()] + [
        _binary(f"{shape}.pmin", first + 10, lambda e, a, b: e.first_if("<", b, a)),
        _binary(f"{shape}.pmax", first + 11, lambda e, a, b: e.first_if(">", b, a))]


FLOATS = (*_floats("f32x4", 224, 103, 104, 105, 106), *_floats("f64x2", 236, 116, 117, 122, 148))

# -- conversions -----------------------------------------------------------------------------


def _trunc_sat(mnemonic: str, sub: int, shape: str, signed: bool) -> Row:
    """Lanes that the source has not enough of are zero."""
    return _unary(mnemonic, sub, lambda e, a: e.padded(e.trunc_sat_lanes(a, signed)), shape)


_TRUNC_SAT = (
    _trunc_sat("i32x4.trunc_sat_f32x4_s", 248, "f32x4", True),
    _trunc_sat("i32x4.trunc_sat_f32x4_u", 249, "f32x4", False),
    _trunc_sat("i32x4.trunc_sat_f64x2_s_zero", 252, "f64x2", True),
    _trunc_sat("i32x4.trunc_sat_f64x2_u_zero", 253, "f64x2", False),
)
CONVERSIONS = (
    *_TRUNC_SAT,
    _unary("f32x4.convert_i32x4_s", 250, lambda e, a: e.to_floats(a, "f32x4", True), "i32x4"),
    _unary("f32x4.convert_i32x4_u", 251, lambda e, a: e.to_floats(a, "f32x4", False), "i32x4"),
    _unary("f64x2.convert_low_i32x4_s", 254,
           lambda e, a: e.to_floats(e.half(a, False), "f64x2", True), "i32x4"),
    _unary("f64x2.convert_low_i32x4_u", 255,
           lambda e, a: e.to_floats(e.half(a, False), "f64x2", False), "i32x4"),
    _unary("f32x4.demote_f64x2_zero", 94, lambda e, a: e.padded(e.canon(e.demote_lanes(a))),
           "f64x2"),
    _unary("f64x2.promote_low_f32x4", 95, lambda e, a: e.canon(e.promote_lanes(e.half(a, False))),
           "f32x4"),
)

# -- relaxed ---------------------------------------------------------------------------------


def _madd(shape: str, sub: int) -> list[Row]:
    """Unfused: two roundings."""
    return [_op(f"{shape}.relaxed_madd", sub, _V3, V128,
                lambda e, a, b, c: e.canon(e.fadd(e.fmul(a, b), c))),
            _op(f"{shape}.relaxed_nmadd", sub + 1, _V3, V128,
                lambda e, a, b, c: e.canon(e.fadd(e.fmul(e.fneg(a), b), c)))]


_PLAIN = {row.mnemonic: row for row in FLOATS}
RELAXED = (
    _same_as(_SWIZZLE, "i8x16.relaxed_swizzle", 0x100),
    *(_same_as(row, row.mnemonic.replace("trunc_sat", "relaxed_trunc"), 0x101 + i)
      for i, row in enumerate(_TRUNC_SAT)),
    *_madd("f32x4", 0x105),
    *_madd("f64x2", 0x107),
    *(_same_as(_BITSELECT, f"{shape}.relaxed_laneselect", 0x109 + i)
      for i, shape in enumerate(("i8x16", "i16x8", "i32x4", "i64x2"))),
    *(_same_as(_PLAIN[f"{shape}.{name}"], f"{shape}.relaxed_{name}", 0x10D + 2 * i + j)
      for i, shape in enumerate(("f32x4", "f64x2")) for j, name in enumerate(("min", "max"))),
    _same_as(_Q15MULR, "i16x8.relaxed_q15mulr_s", 0x111),
    _binary("i16x8.relaxed_dot_i8x16_i7x16_s", 0x112, lambda e, a, b: e.dot(a, b), "i8x16"),
    _op("i32x4.relaxed_dot_i8x16_i7x16_add_s", 0x113, _V3, V128,
        lambda e, a, b, c: e.add(e.pairwise(e.dot(a, b), True), e.lanes(c, "i32x4")), "i8x16"),
)

ROWS = (*MEMORY, *LANES, *COMPARISONS, *BITWISE, *INTEGERS, *FLOATS, *CONVERSIONS, *RELAXED)
