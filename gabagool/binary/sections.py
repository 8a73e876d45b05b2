"""Bytes → `syntax.Module` (spec §5.5): the sections, their order and sizes.

Function bodies are delimited, not decoded: `valid.body` does that when a function is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from types import MappingProxyType
from typing import Any, NamedTuple

from gabagool.binary import entities
from gabagool.binary.code import read_entries
from gabagool.binary.reader import Reader
from gabagool.binary.scanner import Scanner
from gabagool.errors import MalformedError, ModuleError
from gabagool.syntax import Custom, Funcs, Import, Module, PlainDatas, Section

_MAGIC = b"\0asm"
_VERSION = b"\x01\0\0\0"
_COMPONENT_VERSION = b"\x0d\0\x01\0"
_CUSTOM_ID, _FUNCTION_ID, _CODE_ID, _DATA_ID, _DATA_COUNT_ID = 0, 3, 10, 11, 12
_NOTHING: Mapping[int, Any] = MappingProxyType({})

# What has been read so far: section contents by name (see `_KINDS`).
_Draft = dict[str, Any]


class _Kind(NamedTuple):
    """A section: where its contents go in the draft, and how they are read."""

    name: str
    field: str
    read: Callable[[Reader, _Draft], Any]


def _vec(read: Callable[[Reader], Any]) -> Callable[[Reader, _Draft], tuple[Any, ...]]:
    """Reads a vector (§5.1.3) of what `read` reads."""
    return lambda r, _draft: tuple([read(r) for _ in range(r.u32())])


def _imports(r: Reader, draft: _Draft) -> tuple[Import, ...]:
    types = [t.comp for group in draft.get("recs", ()) for t in group]
    return tuple([entities.read_import(r, types) for _ in range(r.u32())])


def _u32(r: Reader, _draft: _Draft) -> int:
    return r.u32()


# By section id, in the order in which the sections must stand (§5.5.16).
_KINDS: dict[int, _Kind] = {
    1: _Kind("type", "recs", _vec(Reader.rectype)),
    2: _Kind("import", "imports", _imports),
    _FUNCTION_ID: _Kind("function", "typeidxs", lambda r, _draft: entities.read_typeidxs(r)),
    4: _Kind("table", "tables", _vec(entities.read_table)),
    5: _Kind("memory", "mems", _vec(entities.read_mem)),
    13: _Kind("tag", "tags", _vec(entities.read_tag)),
    6: _Kind("global", "globals", _vec(entities.read_global)),
    7: _Kind("export", "exports", _vec(entities.read_export)),
    8: _Kind("start", "start", _u32),
    9: _Kind("element", "elems", _vec(entities.read_elem)),
    _DATA_COUNT_ID: _Kind("data count", "data_count", _u32),
    _CODE_ID: _Kind("code", "bodies", lambda r, _draft: read_entries(r)),
    _DATA_ID: _Kind("data", "datas", lambda r, _draft: entities.read_datas(r, r.u32())),
}
_RANK = {section_id: rank for rank, section_id in enumerate(_KINDS)}


def decode(source: bytes, known: Mapping[int, Any] = _NOTHING,
           scanner: Scanner | None = None) -> Module:
    """The module of a binary; MalformedError if it isn't one. Bodies are left for later.

    `known` are contents of sections that were read before (see `large_sections`), by section id.
    `scanner` makes it quicker where there are none.
    """
    r = Reader(source, scanner=scanner)
    _preamble(r)
    draft: _Draft = {}
    customs: list[Custom] = []
    sections: list[Section] = []
    rank = -1
    while r.pos < len(source):
        if source[r.pos] == _CUSTOM_ID:
            sections.append(_custom(r, customs))
        else:
            rank = _next_rank(r, rank)
            sections.append(_section(r, draft, known))
    _check_lengths(draft, sections, len(source))
    typeidxs, bodies = draft.pop("typeidxs", None), draft.pop("bodies", None)
    funcs = Funcs(typeidxs, bodies.starts, bodies.ends) if bodies else ()
    return Module(source, funcs=funcs, customs=tuple(customs), sections=tuple(sections), **draft)


def _preamble(r: Reader) -> None:
    """Magic and version (§5.5.16)."""
    try:
        if r.take(4) != _MAGIC:
            raise r.error("magic header not detected", 0)
        version = r.take(4)
        if version == _COMPONENT_VERSION:
            raise r.error("unknown binary version: a component, not a core module", 4)
        if version != _VERSION:
            raise r.error("unknown binary version", 4)
    except MalformedError as error:
        raise error.located("module header") from None


def _next_rank(r: Reader, last: int) -> int:
    """The rank of the section at the cursor, which must exceed that of the last one."""
    section_id = r.source[r.pos]
    rank = _RANK.get(section_id)
    if rank is None:
        raise MalformedError(f"malformed section id: {section_id}", r.pos, "section header")
    if rank <= last:
        where = f"{_KINDS[section_id].name} section"
        raise MalformedError("unexpected content after last section", r.pos, where)
    return rank


def large_sections(module: Module) -> dict[int, Any]:
    """What takes long to read of a module: contents of sections that are arrays, for `decode`."""
    found: dict[int, Any] = {}
    if isinstance(module.funcs, Funcs):
        found[_FUNCTION_ID] = module.funcs.typeidxs
        found[_CODE_ID] = module.funcs
    if isinstance(module.datas, PlainDatas):
        found[_DATA_ID] = module.datas
    return found


def _section(r: Reader, draft: _Draft, known: Mapping[int, Any]) -> Section:
    """Read the section at the cursor into the draft, or pass over one whose contents are known."""
    section_id = r.u8()
    kind = _KINDS[section_id]
    try:
        start, end = _extent(r)
        content = known.get(section_id)
        if content is None:
            content = kind.read(r, draft)
        else:
            r.pos = end
        if r.pos != end:
            raise r.error("section size mismatch")
    except ModuleError as error:
        raise error.located(f"{kind.name} section") from None
    draft[kind.field] = content
    count = len(content) if isinstance(content, Sized) else None
    return Section(section_id, kind.name, start, end, count)


def _extent(r: Reader) -> tuple[int, int]:
    """Start and end of the section whose size is at the cursor."""
    size = r.length()
    r.end = r.pos + size
    return r.pos, r.end


def _custom(r: Reader, customs: list[Custom]) -> Section:
    """A custom section (§5.5.3): a name, then anything."""
    header = r.pos
    r.pos += 1
    try:
        start, end = _extent(r)
        name = r.name()
        if r.pos > end:
            raise r.error("unexpected end", end)
    except ModuleError as error:
        raise error.located("custom section") from None
    customs.append(Custom(name, r.pos, end, header))
    r.pos = end
    return Section(_CUSTOM_ID, name, start, end, None)


def _check_lengths(draft: _Draft, sections: list[Section], end: int) -> None:
    """Sections that count the same things must agree (§5.5.16)."""
    offsets = {section.id: section.start for section in sections}
    if len(draft.get("typeidxs", ())) != len(draft.get("bodies", ())):
        raise MalformedError("function and code section have inconsistent lengths",
                             offsets.get(_CODE_ID, end), "code section")
    count = draft.get("data_count")
    if count is not None and count != len(draft.get("datas", ())):
        raise MalformedError("data count and data section have inconsistent lengths",
                             offsets.get(_DATA_COUNT_ID, end), "data count section")
