"""The types of spec §2.3 as small values; a leaf module that anything may import.

A `ValType` is a plain int so that the validator compares types with one machine comparison:
number and vector types are their binary codes; a reference type packs nullability and heap type.
"""

from __future__ import annotations

from dataclasses import dataclass

ValType = int

I32, I64, F32, F64, V128 = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B
NUMTYPES = (I32, I64, F32, F64)

# Abstract heap types by their binary code (spec §5.3.3).
FUNC, EXTERN = 0x70, 0x6F

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


FUNCREF = reftype(True, FUNC)
EXTERNREF = reftype(True, EXTERN)


def is_ref(t: ValType) -> bool:
    return bool(t & _REF)


def is_nullable(t: ValType) -> bool:
    return bool(t & _NULLABLE)


def heap_of(t: ValType) -> int:
    """The heap type of a reference type: an abstract code, or 0x80 + typeidx."""
    return t >> _HEAP_SHIFT


_NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128",
          FUNCREF: "funcref", EXTERNREF: "externref"}
_HEAP_NAMES = {FUNC: "func", EXTERN: "extern"}


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
