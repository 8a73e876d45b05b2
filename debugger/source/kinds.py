"""Types of variables as frozen data, and their names as C writes them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from elftools.dwarf.die import DIE

from debugger.source.entries import number, origins, tag_name, text
from debugger.source.unit import Unit

_DEEPEST = 64           # of types in types; more only where damaged debug info goes in circles
_MOST = 100_000         # members or enumerators of a type
_WRAPPERS = {"typedef": "", "const_type": "const", "volatile_type": "volatile",
             "restrict_type": "", "atomic_type": "_Atomic", "immutable_type": "const",
             "packed_type": "", "template_alias": "", "shared_type": ""}
_POINTERS = {"pointer_type": "*", "reference_type": "&", "rvalue_reference_type": "&&",
             "ptr_to_member_type": "::*"}
_RECORDS = {"structure_type": "struct", "class_type": "class", "union_type": "union",
            "interface_type": "interface"}
_ENCODINGS = {1: "address", 2: "bool", 4: "float", 5: "int", 6: "char", 7: "uint", 8: "uchar",
              16: "utf"}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a record: at which byte (and, for bit fields, which bits) of it."""

    name: str
    type: Type
    at: int
    bits: int = 0           # width of a bit field
    bit: int = 0            # its lowest bit, from byte `at`
    base: bool = False      # a C++ base class


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `kind` is 'base', 'pointer', 'record', 'array', 'enum', 'alias' (typedef, const …),
    'function' or 'void'. `size` is in bytes, 0 where not known."""

    kind: str
    name: str = ""
    size: int = 0
    encoding: str = ""      # of a base type: int, uint, float, bool, char, uchar, utf, address
    unit: Unit | None = None
    offset: int = 0         # of the entry it comes from
    sign: str = ""          # of a pointer: * & &&
    word: str = ""          # struct, union; const, volatile
    counts: tuple[int, ...] = ()    # of an array, per dimension; -1 where not known
    to: Type | None = None  # what a pointer that an expression has made points to


VOID = Type("void", "void")
INT = Type("base", "int", 4, "int")
LONG_LONG = Type("base", "long long", 8, "int")
UNSIGNED = Type("base", "unsigned int", 4, "uint")
UNSIGNED_LONG_LONG = Type("base", "unsigned long long", 8, "uint")
DOUBLE = Type("base", "double", 8, "float")
CHAR = Type("base", "char", 1, "char")
BOOL = Type("base", "bool", 1, "bool")


def type_of(unit: Unit, die: DIE) -> Type:
    """The type that an entry refers to; void where it names none."""
    for each in origins(die):
        if "DW_AT_type" in each.attributes:
            target = each.get_DIE_from_attribute("DW_AT_type")
            return made(unit.dwarf.unit_of(target.offset) or unit, target)
    return VOID


def made(unit: Unit, die: DIE) -> Type:
    """The type that an entry is."""
    tag, size = tag_name(die), number(die, "byte_size")
    name = text(die, "name")
    if tag == "base_type":
        return Type("base", name, size, _ENCODINGS.get(number(die, "encoding"), "uint"),
                    unit, die.offset)
    if tag in _POINTERS:
        return Type("pointer", name, size or 4, unit=unit, offset=die.offset,
                    sign=_POINTERS[tag])
    if tag in _RECORDS:
        return Type("record", name, size, unit=unit, offset=die.offset, word=_RECORDS[tag])
    if tag == "enumeration_type":
        return Type("enum", name, size or 4, unit=unit, offset=die.offset)
    if tag in _WRAPPERS:
        return Type("alias", name, size, unit=unit, offset=die.offset, word=_WRAPPERS[tag])
    if tag == "array_type":
        return Type("array", name, size, unit=unit, offset=die.offset, counts=_counts(unit, die))
    if tag == "subroutine_type":
        return Type("function", name, unit=unit, offset=die.offset)
    return Type("void", name or "void", unit=unit, offset=die.offset)


def array_of(type_: Type, count: int) -> Type:
    """The type of an array that no debug info describes."""
    return Type("array", size=size_of(type_) * count, counts=(count,), to=type_)


def pointer_to(type_: Type) -> Type:
    """The type of a pointer that no debug info describes."""
    return Type("pointer", size=4, sign="*", to=type_)


def children(unit: Unit, offset: int) -> list[DIE]:
    """The direct children of an entry."""
    entries = unit.entries
    low = bisect_left(entries, offset, key=lambda entry: entry.offset)
    found: list[DIE] = []
    if low == len(entries) or entries[low].offset != offset:
        return found
    depth = entries[low].depth
    for entry in entries[low + 1:]:
        if entry.depth <= depth or len(found) >= _MOST:
            break
        if entry.depth == depth + 1:
            found.append(unit.die(entry.offset))
    return found


def _counts(unit: Unit, die: DIE) -> tuple[int, ...]:
    counts = []
    for child in children(unit, die.offset):
        if "DW_AT_count" in child.attributes:
            counts.append(number(child, "count", -1))
        elif "DW_AT_upper_bound" in child.attributes:
            counts.append(number(child, "upper_bound", -2) + 1)
        else:
            counts.append(-1)
    return tuple(counts) or (-1,)


def target(type_: Type) -> Type:
    """What a pointer points to, an array consists of, an alias stands for, a function returns."""
    if type_.to is not None or type_.unit is None:
        return type_.to or VOID
    if len(type_.counts) > 1:
        return Type("array", "", unit=type_.unit, offset=type_.offset, counts=type_.counts[1:])
    return type_of(type_.unit, type_.unit.die(type_.offset))


def bare(type_: Type) -> Type:
    """Without typedefs, const and their like; a declared record as it is defined, if it is."""
    for _ in range(_DEEPEST):
        if type_.kind != "alias":
            break
        type_ = target(type_)
    if type_.kind == "record" and not type_.size and type_.name and type_.unit is not None:
        return _defined(type_)
    return type_


def _defined(type_: Type) -> Type:
    assert type_.unit is not None
    found = type_.unit.dwarf.record_named(type_.word, type_.name)
    return type_ if found is None else made(*found)


def members(type_: Type) -> list[Member]:
    """The members of a record, base classes first as they stand."""
    if type_.unit is None:
        return []
    found = []
    for die in children(type_.unit, type_.offset):
        tag = tag_name(die)
        if tag not in ("member", "inheritance") or "DW_AT_external" in die.attributes:
            continue
        found.append(member(type_.unit, die, tag == "inheritance"))
    return found


def member(unit: Unit, die: DIE, base: bool = False) -> Member:
    """The member that an entry is."""
    kind = type_of(unit, die)
    at, bits, bit = _member_offset(unit, die), number(die, "bit_size"), 0
    if bits and "DW_AT_data_bit_offset" in die.attributes:
        at, bit = divmod(number(die, "data_bit_offset"), 8)
    elif bits:              # DWARF 2 and 3 count from the highest bit of the storage unit
        storage = number(die, "byte_size") or size_of(kind)
        bit = storage * 8 - number(die, "bit_offset") - bits
    return Member(text(die, "name"), kind, at, bits, bit, base)


def _member_offset(unit: Unit, die: DIE) -> int:
    found = die.attributes.get("DW_AT_data_member_location")
    if found is None:
        return 0
    if isinstance(found.value, int):
        return found.value
    ops = unit.parsed(list(found.value))
    return int(ops[0].args[0]) if len(ops) == 1 and ops[0].op_name == "DW_OP_plus_uconst" else 0


def is_reference(type_: Type) -> bool:
    """Whether it is a C++ reference: its value is what it refers to."""
    type_ = bare(type_)
    return type_.kind == "pointer" and type_.sign in ("&", "&&")


def enumerators(type_: Type) -> dict[int, str]:
    """Names of an enumeration's values."""
    if type_.unit is None:
        return {}
    found: dict[int, str] = {}
    for die in children(type_.unit, type_.offset):
        if tag_name(die) == "enumerator":
            found.setdefault(number(die, "const_value"), text(die, "name"))
    return found


def size_of(type_: Type) -> int:
    """Bytes of a value; 0 where not known."""
    type_ = bare(type_)
    if type_.kind != "array" or type_.size:
        return type_.size
    size = size_of(element(type_))
    for count in type_.counts:
        size *= max(0, count)
    return size


def element(type_: Type) -> Type:
    """What an array of any number of dimensions consists of in the end."""
    return target(Type("array", unit=type_.unit, offset=type_.offset, counts=(-1,)))


def spelled(type_: Type, depth: int = 0) -> str:
    """The type as C writes it: `const char *`, `struct P [3]`."""
    if depth > _DEEPEST:
        return "…"
    if type_.kind == "pointer":
        return _pointer(type_, depth)
    if type_.kind == "array":
        counts = "".join(f"[{n}]" if n >= 0 else "[]" for n in type_.counts)
        return f"{spelled(element(type_), depth + 1)} {counts}"
    if type_.kind == "alias" and not type_.name:
        return f"{type_.word} {spelled(target(type_), depth + 1)}".strip()
    if type_.kind == "record":
        word = type_.word if type_.unit is None or not type_.unit.classy else ""
        return f"{word} {type_.name or '{…}'}".strip()
    if type_.kind == "enum":
        word = "enum" if type_.unit is None or not type_.unit.classy else ""
        return f"{word} {type_.name or '{…}'}".strip()
    if type_.kind == "function":
        return f"{spelled(target(type_), depth + 1)} ({_parameters(type_, depth)})"
    return type_.name or "?"


def _pointer(type_: Type, depth: int) -> str:
    if type_.name:              # Rust names its pointers
        return type_.name
    to = target(type_)
    if bare(to).kind == "function" and to.kind == "function":
        return f"{spelled(target(to), depth + 1)} (*)({_parameters(to, depth)})"
    if to.kind == "array":
        counts = "".join(f"[{n}]" if n >= 0 else "[]" for n in to.counts)
        return f"{spelled(element(to), depth + 1)} (*){counts}"
    inner = spelled(to, depth + 1)
    return inner + type_.sign if inner[-1:] in "*&" else f"{inner} {type_.sign}"


def _parameters(type_: Type, depth: int) -> str:
    if type_.unit is None:
        return ""
    found = [spelled(type_of(type_.unit, die), depth + 1) if tag_name(die) == "formal_parameter"
             else "..." for die in children(type_.unit, type_.offset)]
    return ", ".join(found) or "void"
