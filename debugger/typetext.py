"""Definitions of types as the text format writes them (spec §6.4.9), with their names."""

from __future__ import annotations

from collections.abc import Iterator

from gabagool.code.operands import functype_text, identifier, valtype_text
from gabagool.syntax import Module, Names
from gabagool.types import ArrayType, FieldType, FuncType, SubType


def definition(module: Module, names: Names, index: int, apart: str = "\n  ") -> str:
    """`(type $point (struct (field $x i32) …))`; `apart` stands before each field."""
    t = module.subtypes[index]
    inner = _comp(t, names, index, apart)
    if t.supers or not t.final:
        words = ["sub", *["final"] * t.final, *(_type(i, names) for i in t.supers)]
        inner = f"({' '.join(words)} {inner})"
    name = f"{_type(index, names)} " if index in names.types else ""
    return f"(type {name}{inner})"


def _type(index: int, names: Names) -> str:
    name = names.types.get(index)
    return str(index) if name is None else identifier(name)


def _comp(t: SubType, names: Names, index: int, apart: str) -> str:
    if isinstance(t.comp, FuncType):
        return f"(func {functype_text(t.comp, names.types)}".rstrip() + ")"
    if isinstance(t.comp, ArrayType):
        return f"(array {_storage(t.comp.field, names)})"
    fields = names.fields.get(index, {})
    return "(struct" + "".join(
        f"{apart}(field {f'{identifier(fields[i])} ' if i in fields else ''}"
        f"{_storage(field, names)})" for i, field in enumerate(t.comp.fields)) + ")"


def _storage(field: FieldType, names: Names) -> str:
    text = valtype_text(field.storage, names.types)
    return f"(mut {text})" if field.mutable else text


def definitions(module: Module, names: Names) -> Iterator[str]:
    """Every type's definition, on a line with its index."""
    for index in range(len(module.subtypes)):
        yield f"type[{index}] {definition(module, names, index, ' ')}"


def index_of(module: Module, names: Names, spec: str) -> int | None:
    """The type meant by an index or name, `$point` or `type 3`."""
    word = spec.removeprefix("type ").strip()
    if word.isdecimal():
        return int(word) if int(word) < len(module.subtypes) else None
    found = [i for i, name in names.types.items()
             if word in (identifier(name), f"${name}") and i < len(module.subtypes)]
    return found[0] if found else None
