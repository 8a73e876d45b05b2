"""Sections of a module that are long arrays, kept so that they need not be read again."""

from __future__ import annotations

import struct
from array import array
from typing import Any

from gabagool.binary.constexpr import I32_CONST
from gabagool.binary.sections import large_sections
from gabagool.syntax import Funcs, Module, PlainDatas

_HEAD = struct.Struct("<HHI")        # section id, number of arrays, items of each


def packed_tables(module: Module) -> bytes:
    """The large sections of a module, each array behind the other."""
    parts = []
    for number, content in large_sections(module).items():
        arrays = _arrays(content)
        parts.append(_HEAD.pack(number, len(arrays), len(content)))
        parts += [part.tobytes() for part in arrays]
    return b"".join(parts)


def _arrays(content: Any) -> list[array[int]]:
    if isinstance(content, PlainDatas):
        return [content.addresses, content.starts, content.ends, content.offsets]
    return [content.starts, content.ends] if isinstance(content, Funcs) else [content]


def read_tables(data: memoryview) -> dict[int, Any]:
    """What `packed_tables` packed, for `binary.sections.decode`; it is trusted."""
    found: dict[int, Any] = {}
    at = 0
    while at < len(data):
        number, count, items = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        arrays = []
        for kind in ("iIII" if count == 4 else "I" * count):
            part: array[int] = array(kind)
            part.frombytes(data[at:at + items * part.itemsize])
            at += items * part.itemsize
            arrays.append(part)
        found[number] = _content(arrays)
    return found


def _content(arrays: list[array[int]]) -> Any:
    if len(arrays) == 4:
        datas = PlainDatas(I32_CONST)
        datas.addresses, datas.starts, datas.ends, datas.offsets = arrays
        return datas
    return Funcs(array("I"), *arrays) if len(arrays) == 2 else arrays[0]
