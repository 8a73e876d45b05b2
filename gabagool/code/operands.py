"""Immediates as the text format writes them (spec §6), with names where there are any."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from ctypes import c_float
from typing import Any

from gabagool.binary.instrs import Cast, Catch, Instr, MemArg
from gabagool.isa import BY_OPCODE
from gabagool.isa.exception import CATCHES
from gabagool.records import dataclass
from gabagool.syntax import ConstExpr, Module, Names
from gabagool.types import (
    FuncType,
    ValType,
    concrete_index,
    heap_of,
    is_nullable,
    is_ref,
    reftype,
    valtype_name,
)

_IDCHARS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "!#$%&'*+-./:<=>?@\\^_`|~")
_NO_NAMES: Mapping[int, str] = {}
# Indices that stand first in the text, and are left out when all of them are 0.
_SPACES = ("tableidx", "memidx")


@dataclass(frozen=True, slots=True)
class Scope:
    """What gives operands their names: a module, its names, and the function they stand in."""

    module: Module
    names: Names
    funcidx: int | None = None


def identifier(name: str) -> str:
    """A name as an identifier (§6.3.5), quoted if it has other characters."""
    if name and _IDCHARS.issuperset(name):
        return f"${name}"
    return f"${quoted(name)}"


def quoted(text: str) -> str:
    """A string literal (§6.3.3)."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


def float_text(bits: int, width: int) -> str:
    """The shortest decimal that gives back these bits, or the NaN's payload (§6.3.2)."""
    fraction = 23 if width == 32 else 52
    sign = "-" if bits >> (width - 1) else ""
    payload = bits & ((1 << fraction) - 1)
    exponent_mask = (1 << (width - 1 - fraction)) - 1
    if bits >> fraction & exponent_mask == exponent_mask:
        if payload == 0:
            return f"{sign}inf"
        return f"{sign}nan" if payload == 1 << (fraction - 1) else f"{sign}nan:0x{payload:x}"
    if width == 32:
        return _shortest(struct.unpack("<f", bits.to_bytes(4, "little"))[0])
    return repr(struct.unpack("<d", bits.to_bytes(8, "little"))[0])


def _shortest(value: float) -> str:
    """The shortest decimal that rounds to this f32; nine digits always do."""
    decimals = (float(f"{value:.{digits}g}") for digits in range(1, 10))
    return repr(next(d for d in decimals if c_float(d).value == value))


def functype_text(t: FuncType, names: Mapping[int, str] = _NO_NAMES) -> str:
    """Parameters and results in text-format order, e.g. `(param i32) (result i64)`.

    `names` are those of types by their indices.
    """
    groups = (("param", t.params), ("result", t.results))
    return " ".join(_group(word, types, names) for word, types in groups if types)


def _group(word: str, types: tuple[ValType, ...], names: Mapping[int, str]) -> str:
    return f"({word} {' '.join(valtype_text(t, names) for t in types)})"


def valtype_text(t: ValType, names: Mapping[int, str]) -> str:
    """A value type, with the name of the type that it refers to."""
    index = concrete_index(heap_of(t)) if is_ref(t) else None
    if index is None:
        return valtype_name(t)
    return f"(ref {'null ' if is_nullable(t) else ''}{_named(index, names)[0]})"


def constexpr_text(expr: ConstExpr, scope: Scope) -> str:
    """A constant expression on one line."""
    return " ".join(f"({_const_text(expr.offset, opcode, imm, scope)})"
                    for opcode, imm in expr.instrs)


def _const_text(offset: int, opcode: int, imm: Any, scope: Scope) -> str:
    row = BY_OPCODE[opcode]
    if imm is None:                 # no immediate, or none that was kept: not constant then
        return row.mnemonic
    imms = imm if isinstance(imm, tuple) else (imm,)
    return instr_text(Instr(offset, opcode, row, imms), scope)


def instr_text(instr: Instr, scope: Scope) -> str:
    return " ".join((mnemonic(instr), *operands(instr, scope)))


def mnemonic(instr: Instr) -> str:
    """The keyword; rows of one keyword with several encodings add a word to tell them apart."""
    return _KEYWORDS[instr.opcode]


def operands(instr: Instr, scope: Scope) -> tuple[str, ...]:
    """The operands in the order of the text format."""
    if not instr.imms:
        return ()
    pairs = list(zip(instr.row.imms, instr.imms, strict=True))
    spaces = [imm for kind, imm in pairs if kind in _SPACES]
    texts = [str(index) for index in spaces] if any(spaces) else []
    for kind, imm in pairs:
        if kind == "memarg":
            texts += _memarg(imm, instr.row.align)
        elif kind == "fieldidx":
            texts += _named(imm, scope.names.fields.get(instr.imms[0], _NO_NAMES))
        elif kind not in _SPACES:
            texts += _TEXTS.get(kind, _index)(imm, scope)
    return tuple(texts)


def _memarg(memarg: MemArg, natural: int) -> list[str]:
    texts = [str(memarg.memory)] if memarg.memory else []
    if memarg.offset:
        texts.append(f"offset={memarg.offset}")
    if 1 << memarg.align != natural:
        texts.append(f"align={1 << memarg.align}")
    return texts


def _index(index: int, _scope: Scope) -> list[str]:
    return [str(index)]


def _named(index: int, names: Mapping[int, str]) -> list[str]:
    return [identifier(names[index]) if index in names else str(index)]


def _func(index: int, scope: Scope) -> list[str]:
    return _named(index, scope.names.funcs)


def _global(index: int, scope: Scope) -> list[str]:
    return _named(index, scope.names.globals)


def _tag(index: int, scope: Scope) -> list[str]:
    return _named(index, scope.names.tags)


def _catches(clauses: tuple[Catch, ...], scope: Scope) -> list[str]:
    return [f"({' '.join((CATCHES[c.kind], *_tagged(c.tag, scope), str(c.label)))})"
            for c in clauses]


def _tagged(tag: int | None, scope: Scope) -> list[str]:
    return [] if tag is None else _tag(tag, scope)


def _local(index: int, scope: Scope) -> list[str]:
    if scope.funcidx is None:
        return [str(index)]
    return _named(index, scope.names.locals.get(scope.funcidx, _NO_NAMES))


def _numbers(numbers: tuple[int, ...], _scope: Scope) -> list[str]:
    return [str(number) for number in numbers]


def _vector(bits: int, _scope: Scope) -> list[str]:
    return ["i32x4", *(f"0x{bits >> at & 0xFFFFFFFF:08x}" for at in range(0, 128, 32))]


def _typeidx(typeidx: int, scope: Scope) -> list[str]:
    return _named(typeidx, scope.names.types)


def _typeuse(typeidx: int, scope: Scope) -> list[str]:
    return [f"(type {_typeidx(typeidx, scope)[0]})"]




def _blocktype(t: int | FuncType, scope: Scope) -> list[str]:
    if isinstance(t, int):
        functype = scope.module.functype_at(t)
        if functype is None:
            return _typeuse(t, scope)
        t = functype
    return [text] if (text := functype_text(t, scope.names.types)) else []


def _valtypes(types: tuple[ValType, ...], scope: Scope) -> list[str]:
    return [_group("result", types, scope.names.types)]


def _heaptype(heap: int, scope: Scope) -> list[str]:
    text = valtype_text(reftype(False, heap), scope.names.types)
    return [text.removeprefix("(ref ").removesuffix(")")]


def _reftype(t: ValType, scope: Scope) -> list[str]:
    return [valtype_text(t, scope.names.types)]


def _cast(cast: Cast, scope: Scope) -> list[str]:
    types = (cast.source, cast.target)
    return [str(cast.label), *(valtype_text(t, scope.names.types) for t in types)]


_KEYWORDS = {opcode: row.mnemonic.partition(" ")[0] for opcode, row in BY_OPCODE.items()}

# By kind of immediate; kinds that aren't here are plain numbers.
_TEXTS: dict[str, Callable[[Any, Scope], list[str]]] = {
    "funcidx": _func,
    "globalidx": _global,
    "localidx": _local,
    "tagidx": _tag,
    "catches": _catches,
    "labelidxs": _numbers,
    "typeidx": _typeidx,
    "typeuse": _typeuse,
    "blocktype": _blocktype,
    "valtypes": _valtypes,
    "heaptype": _heaptype,
    "ref": _reftype,
    "refnull": _reftype,
    "cast": _cast,
    "f32": lambda bits, _scope: [float_text(bits, 32)],
    "f64": lambda bits, _scope: [float_text(bits, 64)],
    "v128": _vector,
    "lanes32": _numbers,
}
