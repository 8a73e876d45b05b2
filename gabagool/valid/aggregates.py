"""Defined types by index, and what instructions that make objects of them take (spec §3.4.7).

Function bodies and constant expressions share these rules.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.errors import ValidationError
from gabagool.types import (
    I32,
    ArrayType,
    CompType,
    FieldType,
    StructType,
    ValType,
    concrete,
    has_default,
    reftype,
)

_MAX_FIXED = 10_000          # elements of array.new_fixed; the limit of browsers, too
Types = Sequence[CompType]


def struct_at(types: Types, index: int) -> StructType:
    """The structure type of an index; ValidationError (without an offset) if there is none."""
    found = _type_at(types, index)
    if not isinstance(found, StructType):
        raise ValidationError(f"type mismatch: type {index} is not a structure type")
    return found


def array_at(types: Types, index: int) -> ArrayType:
    """The array type of an index."""
    found = _type_at(types, index)
    if not isinstance(found, ArrayType):
        raise ValidationError(f"type mismatch: type {index} is not an array type")
    return found


def _type_at(types: Types, index: int) -> CompType:
    if index >= len(types):
        raise ValidationError(f"unknown type {index}")
    return types[index]


def made(mnemonic: str, types: Types, index: int, count: int = 0) -> tuple[ValType, ...]:
    """What `mnemonic` (one of struct.new … array.new_fixed) takes to make an object of a type."""
    if mnemonic.startswith("struct"):
        fields = struct_at(types, index).fields
    else:
        fields = (array_at(types, index).field,)
    if mnemonic.endswith("_default"):
        _check_defaults(index, fields)
        return () if mnemonic.startswith("struct") else (I32,)
    if mnemonic == "array.new_fixed":
        if count > _MAX_FIXED:
            raise ValidationError(f"{count} elements: the limit is {_MAX_FIXED}")
        return (fields[0].unpacked,) * count
    params = tuple(field.unpacked for field in fields)
    return params if mnemonic == "struct.new" else (*params, I32)


def _check_defaults(index: int, fields: Sequence[FieldType]) -> None:
    for field in fields:
        if not has_default(field.unpacked):
            raise ValidationError(f"type mismatch: {field} in type {index} has no default value")


def made_type(index: int) -> ValType:
    """The type of a reference to a new object."""
    return reftype(False, concrete(index))
