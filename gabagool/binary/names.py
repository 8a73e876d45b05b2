"""The name section (spec appendix, "Name Section"): decoded on demand, and leniently.

Names are decoration: where the section is broken, what came before still counts and the rest is
ignored; nothing here ever raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType

from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.records import dataclass
from gabagool.syntax import Module, Names


@dataclass(slots=True)
class _Draft:
    module: str | None = None
    funcs: dict[int, str] = field(default_factory=dict)
    locals: dict[int, dict[int, str]] = field(default_factory=dict)
    types: dict[int, str] = field(default_factory=dict)
    globals: dict[int, str] = field(default_factory=dict)
    fields: dict[int, dict[int, str]] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    tables: dict[int, str] = field(default_factory=dict)


def _name_map(r: Reader, into: dict[int, str]) -> None:
    """A name map; filled as it is read, so that a broken one gives what it can."""
    for _ in range(r.u32()):
        index = r.u32()
        into[index] = r.name()


def _module(r: Reader, draft: _Draft) -> None:
    draft.module = r.name()


def _funcs(r: Reader, draft: _Draft) -> None:
    _name_map(r, draft.funcs)


def _indirect(r: Reader, into: dict[int, dict[int, str]]) -> None:
    """An indirect name map: names within something of an index."""
    for _ in range(r.u32()):
        _name_map(r, into.setdefault(r.u32(), {}))


def _locals(r: Reader, draft: _Draft) -> None:
    _indirect(r, draft.locals)


def _types(r: Reader, draft: _Draft) -> None:
    _name_map(r, draft.types)


def _fields(r: Reader, draft: _Draft) -> None:
    _indirect(r, draft.fields)


def _tables(r: Reader, draft: _Draft) -> None:
    _name_map(r, draft.tables)


def _globals(r: Reader, draft: _Draft) -> None:
    _name_map(r, draft.globals)


def _tags(r: Reader, draft: _Draft) -> None:
    _name_map(r, draft.tags)


# By subsection id; the others (labels, memories, …) are skipped.
_SUBSECTIONS: dict[int, Callable[[Reader, _Draft], None]] = {
    0: _module,
    1: _funcs,
    2: _locals,
    4: _types,
    5: _tables,
    7: _globals,
    10: _fields,
    11: _tags,
}


def decode_names(module: Module) -> Names:
    """The names that the first custom section called "name" gives; empty without one."""
    draft = _Draft()
    for custom in module.customs:
        if custom.name == "name":
            _read(module.source[custom.start:custom.end], draft)
            break
    return Names(
        draft.module, MappingProxyType(draft.funcs), _frozen(draft.locals),
        MappingProxyType(draft.globals), MappingProxyType(draft.types), _frozen(draft.fields),
        MappingProxyType(draft.tags), MappingProxyType(draft.tables))


def _frozen(names: dict[int, dict[int, str]]) -> Mapping[int, Mapping[int, str]]:
    return MappingProxyType({i: MappingProxyType(inner) for i, inner in names.items()})


def _read(content: bytes, draft: _Draft) -> None:
    r = Reader(content)
    try:
        while r.pos < len(content):
            read = _SUBSECTIONS.get(r.u8())
            start, end = r.span()
            if read is not None:
                # A reader of its own: a broken subsection must not read into the next one.
                read(Reader(content[start:end]), draft)
    except MalformedError:
        return
