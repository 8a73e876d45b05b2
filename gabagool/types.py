"""The types of spec §2.3 as small values; a leaf module that anything may import.

A `ValType` is a plain int so that the validator compares types with one machine comparison:
number and vector types are their binary codes; a reference type packs nullability and heap type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ValType = int

I32, I64, F32, F64, V128 = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B
NUMTYPES = (I32, I64, F32, F64)

# Abstract heap types by their binary code (spec §5.3.3).
FUNC, EXTERN = 0x70, 0x6F
NOFUNC, NOEXTERN = 0x73, 0x72
BOTTOM = 0x61         # below all others: a reference in unreachable code, which no module can name
SELF = 1 << 32        # in place of a type index: the function type that it occurs in

_REF = 0x100
_NULLABLE = 0x200
_HEAP_SHIFT = 10
_CONCRETE = 0x80


def reftype(nullable: bool, heap: int) -> ValType:
    """The reference type `(ref null? heap)`; `heap` is an abstract code or 0x80 + typeidx."""
    return _REF | (_NULLABLE if nullable else 0) | heap << _HEAP_SHIFT


def concrete(typeidx: int) -> int:
    """The heap type of a type index."""
    return _CONCRETE + typeidx


def concrete_index(heap: int) -> int | None:
    """The type index of a concrete heap type, None for an abstract one."""
    return heap - _CONCRETE if heap >= _CONCRETE else None


FUNCREF = reftype(True, FUNC)
EXTERNREF = reftype(True, EXTERN)


def is_ref(t: ValType) -> bool:
    return bool(t & _REF)


def is_nullable(t: ValType) -> bool:
    return bool(t & _NULLABLE)


def heap_of(t: ValType) -> int:
    """The heap type of a reference type: an abstract code, or 0x80 + typeidx."""
    return t >> _HEAP_SHIFT


def non_null(t: ValType) -> ValType:
    """A reference type without null."""
    return t & ~_NULLABLE


def has_default(t: ValType) -> bool:
    """Whether a local of this type has a value from the start (spec §3.2.2)."""
    return not is_ref(t) or is_nullable(t)


def is_funcref(t: ValType) -> bool:
    """Whether the references of this type are functions."""
    return is_ref(t) and (heap_of(t) in (FUNC, NOFUNC) or heap_of(t) >= _CONCRETE)


_NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128",
          FUNCREF: "funcref", EXTERNREF: "externref"}
_HEAP_NAMES = {FUNC: "func", EXTERN: "extern", NOFUNC: "nofunc", NOEXTERN: "noextern",
               _CONCRETE + SELF: "self"}


def valtype_name(t: ValType) -> str:
    """The text-format name of a value type (spec §6.4)."""
    if t in _NAMES:
        return _NAMES[t]
    heap = heap_of(t)
    text = _HEAP_NAMES.get(heap) or str(heap - _CONCRETE)
    return f"(ref {'null ' if is_nullable(t) else ''}{text})"


def slots_of(t: ValType) -> int:
    """How many 8-byte slots a value of this type occupies in a frame."""
    return 2 if t == V128 else 1


def slot_width(t: ValType) -> int:
    """Bytes of a value that mean something in its slots."""
    return 4 if t in (I32, F32) else 8 * slots_of(t)


def slots_of_all(types: Sequence[ValType]) -> int:
    return len(types) + types.count(V128)


@dataclass(frozen=True, slots=True)
class FuncType:
    """A function type (spec §2.3.8)."""

    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()

    def __str__(self) -> str:
        params = " ".join(map(valtype_name, self.params))
        results = " ".join(map(valtype_name, self.results))
        return f"[{params}] -> [{results}]"


@dataclass(frozen=True, slots=True)
class Limits:
    """Size range of a memory (unit: 64 KiB pages) or table (unit: elements), spec §2.3.11."""

    min: int
    max: int | None = None


@dataclass(frozen=True, slots=True)
class MemType:
    """A memory type; `is64` selects 64-bit addresses (spec §2.3.12)."""

    limits: Limits
    is64: bool = False


@dataclass(frozen=True, slots=True)
class TableType:
    """A table type (spec §2.3.13)."""

    element: ValType
    limits: Limits
    is64: bool = False


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global type (spec §2.3.14)."""

    valtype: ValType
    mutable: bool = False


def address_type(t: MemType | TableType) -> ValType:
    """The type of a memory's or table's addresses (spec §2.3.11)."""
    return I64 if t.is64 else I32


def smaller_address(*addresses: ValType) -> ValType:
    """The type of a count that several memories' or tables' addresses all reach (spec §3.4.7)."""
    return I32 if I32 in addresses else I64


ExternType = FuncType | MemType | TableType | GlobalType
PAGE = 65536


# -- matching (spec §3.3) --------------------------------------------------------------------

_ABOVE = {NOFUNC: (FUNC,), NOEXTERN: (EXTERN,)}
Same = Sequence[int]          # type index → the same number for equal types
ALL_DIFFER: Same = range(1 << 40)


def matches(sub: ValType, sup: ValType, same: Same = ALL_DIFFER) -> bool:
    """Whether a value of type `sub` may stand where `sup` is wanted."""
    if sub == sup:
        return True
    if not (is_ref(sub) and is_ref(sup)) or is_nullable(sub) > is_nullable(sup):
        return False
    return _heap_matches(heap_of(sub), heap_of(sup), same)


def _heap_matches(sub: int, sup: int, same: Same) -> bool:
    if sub in (sup, BOTTOM):
        return True
    have, want = concrete_index(sub), concrete_index(sup)
    if have is None:
        return sup in _ABOVE.get(sub, ()) if want is None else sub == NOFUNC
    return sup == FUNC if want is None else same[have] == same[want]


def all_match(subs: Sequence[ValType], sups: Sequence[ValType], same: Same = ALL_DIFFER) -> bool:
    """`matches` for whole results (spec §3.3.4)."""
    return len(subs) == len(sups) and all(
        matches(sub, sup, same) for sub, sup in zip(subs, sups, strict=True))


def closed(t: ValType, ids: Sequence[int]) -> ValType:
    """The type with `ids[i]` for type index i; an index beyond them becomes SELF."""
    index = concrete_index(heap_of(t)) if is_ref(t) else None
    if index is None:
        return t
    return reftype(is_nullable(t), concrete(ids[index] if index < len(ids) else SELF))


def closed_functype(t: FuncType, ids: Sequence[int]) -> FuncType:
    return FuncType(*(tuple(closed(v, ids) for v in part) for part in (t.params, t.results)))


def same_types(types: Sequence[FuncType]) -> tuple[int, ...]:
    """For each of a module's types the index of the first that equals it (spec §3.1.2).

    A type may refer to those before it and to itself.
    """
    first: dict[FuncType, int] = {}
    result: list[int] = []
    for i, t in enumerate(types):
        result.append(first.setdefault(closed_functype(t, result), i))
    return tuple(result)
