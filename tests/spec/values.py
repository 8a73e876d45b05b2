"""Values of the suite's JSON as slot bits, and comparing results with what is expected."""

from __future__ import annotations

from typing import Any

from gabagool.native.layout import REF_HOST
from gabagool.runtime.store import Store
from gabagool.types import ABSTRACT, reftype, valtype_name

Json = dict[str, Any]

_WIDTH = {"i8": 8, "i16": 16, "i32": 32, "i64": 64, "f32": 32, "f64": 64}
_CANONICAL_NAN = {32: 0x7FC00000, 64: 0x7FF8000000000000}
_REFTYPES = {valtype_name(t): t for t in (reftype(True, heap) for heap in ABSTRACT)}
_NULLS = ("refnull", "nullref", "nullfuncref", "nullexternref", "nullexnref")


def argument(value: Json, store: Store) -> int:
    """An argument as slot bits."""
    kind = value["type"]
    if kind == "v128":
        width = _WIDTH[value["lane_type"]]
        lanes = enumerate(value["value"])
        return sum(_number(lane, width) << i * width for i, lane in lanes)
    if kind in _WIDTH:
        return _number(value["value"], _WIDTH[kind])
    if value.get("value") in (None, "null"):
        return 0
    return store.host_refs.ref(int(value["value"]))


def _number(text: str, width: int) -> int:
    return int(text) & ((1 << width) - 1)


def matches(expected: Json, bits: int, store: Store) -> bool:
    """Whether slot bits are the expected value, or one of the expected class."""
    kind = expected["type"]
    if kind == "either":
        return any(matches(choice, bits, store) for choice in expected["values"])
    if kind == "v128":
        width = _WIDTH[expected["lane_type"]]
        lanes = ((bits >> i * width) & ((1 << width) - 1) for i in range(128 // width))
        return all(map(_lane_matches, expected["value"], lanes, [width] * (128 // width)))
    if kind in _WIDTH:
        return _lane_matches(expected["value"], bits, _WIDTH[kind])
    return _reference_matches(kind, expected.get("value"), bits, store)


def _lane_matches(text: str, bits: int, width: int) -> bool:
    nan = _CANONICAL_NAN[max(width, 32)]
    if text == "nan:canonical":
        return bits & ~(1 << (width - 1)) == nan
    if text == "nan:arithmetic":
        return bits & nan == nan
    return bits == _number(text, width)


def _reference_matches(kind: str, value: str | None, bits: int, store: Store) -> bool:
    if kind in _NULLS or value == "null":
        return bits == 0
    if bits == 0 or not store.fits(_REFTYPES[kind], bits):
        return False
    return value is None or (bits & REF_HOST == REF_HOST
                             and store.host_refs.value(bits) == int(value))


def show(bits: tuple[int, ...]) -> str:
    return f"[{' '.join(map(hex, bits))}]"


def show_expected(values: list[Json]) -> str:
    return f"[{' '.join(_text(v) for v in values)}]"


def _text(value: Json) -> str:
    if value["type"] == "either":
        return " or ".join(_text(choice) for choice in value["values"])
    found = value.get("value", "")
    if isinstance(found, list):
        return f"v128:{value['lane_type']}({' '.join(found)})"
    if value["type"] in _WIDTH and not found.startswith("nan"):
        found = hex(int(found) & ((1 << _WIDTH[value["type"]]) - 1))
    return f"{value['type']}:{found}"
