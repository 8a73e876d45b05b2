"""The types of spec §2.3 as small values; a leaf module that anything may import.

A `ValType` is a plain int so that the validator compares types with one machine comparison:
number and vector types are their binary codes; a reference type packs nullability and heap type.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.records import dataclass

ValType = int

I32, I64, F32, F64, V128 = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B
NUMTYPES = (I32, I64, F32, F64)

# Abstract heap types by their binary code (spec §5.3.3).
FUNC, EXTERN, ANY, EQ, I31, STRUCT, ARRAY, EXN = 0x70, 0x6F, 0x6E, 0x6D, 0x6C, 0x6B, 0x6A, 0x69
NOFUNC, NOEXTERN, NONE, NOEXN = 0x73, 0x72, 0x71, 0x74
BOTTOM = 0x61         # below all others: a reference in unreachable code, which no module can name
# Storage types of fields that are narrower than any value (spec §2.3.9).
I8, I16 = 0x78, 0x77

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
EXNREF = reftype(True, EXN)


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


_HEAP_NAMES = {FUNC: "func", EXTERN: "extern", ANY: "any", EQ: "eq", I31: "i31",
               STRUCT: "struct", ARRAY: "array", EXN: "exn",
               NOFUNC: "nofunc", NOEXTERN: "noextern", NONE: "none", NOEXN: "noexn"}
ABSTRACT = tuple(_HEAP_NAMES)      # every abstract heap type that a module can name
_BOTTOM_NAMES = {NOFUNC: "nullfuncref", NOEXTERN: "nullexternref", NONE: "nullref",
                 NOEXN: "nullexnref"}
_NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128", I8: "i8", I16: "i16",
          **{reftype(True, heap): _BOTTOM_NAMES.get(heap, f"{name}ref")
             for heap, name in _HEAP_NAMES.items()}}


def valtype_name(t: ValType) -> str:
    """The text-format name of a value or storage type (spec §6.4)."""
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
class FieldType:
    """A field of a structure, or the elements of an array (spec §2.3.9).

    `storage` is a value type, or a packed one: I8 or I16.
    """

    storage: ValType
    mutable: bool = False

    @property
    def packed(self) -> bool:
        return self.storage in (I8, I16)

    @property
    def unpacked(self) -> ValType:
        """The type of the values that are put in and taken out."""
        return I32 if self.packed else self.storage

    @property
    def bits(self) -> int:
        """The width of the storage; references take 64 bits."""
        return _BITS.get(self.storage, 64)

    def __str__(self) -> str:
        name = valtype_name(self.storage)
        return f"(mut {name})" if self.mutable else name


_BITS = {I8: 8, I16: 16, I32: 32, F32: 32, V128: 128}


@dataclass(frozen=True, slots=True)
class StructType:
    """A structure type (spec §2.3.10)."""

    fields: tuple[FieldType, ...] = ()

    def __str__(self) -> str:
        return f"(struct{''.join(f' (field {f})' for f in self.fields)})"


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array type (spec §2.3.10)."""

    field: FieldType

    def __str__(self) -> str:
        return f"(array {self.field})"


CompType = FuncType | StructType | ArrayType


@dataclass(frozen=True, slots=True)
class SubType:
    """A defined type and the types it is declared to be below (spec §2.3.11).

    `supers` are numbers: type indices in a module, canonical ids where types are interned.
    """

    comp: CompType
    supers: tuple[int, ...] = ()
    final: bool = True

    def __str__(self) -> str:
        if self.final and not self.supers:
            return str(self.comp)
        words = ["final"] * self.final + [str(i) for i in self.supers]
        return f"(sub {' '.join([*words, str(self.comp)])})"


RecType = tuple[SubType, ...]      # a recursion group (spec §2.3.11)


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


@dataclass(frozen=True, slots=True)
class TagType:
    """A tag type: the type of the values that its exceptions carry (spec §2.3.15)."""

    functype: FuncType

    @property
    def params(self) -> tuple[ValType, ...]:
        return self.functype.params

    def __str__(self) -> str:
        return str(self.functype)


def address_type(t: MemType | TableType) -> ValType:
    """The type of a memory's or table's addresses (spec §2.3.11)."""
    return I64 if t.is64 else I32


def smaller_address(*addresses: ValType) -> ValType:
    """The type of a count that several memories' or tables' addresses all reach (spec §3.4.7)."""
    return I32 if I32 in addresses else I64


ExternType = FuncType | MemType | TableType | GlobalType | TagType
PAGE = 65536
