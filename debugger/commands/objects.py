"""Actions on references and the heap: what is in an object, what it is, what lies in the heap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

from debugger.commands.action import Action, Context, Result
from debugger.commands.text import value_data, value_lines
from debugger.exchange import CommandError
from debugger.expression import Typed, evaluate
from debugger.paths import Paths
from debugger.session import Session
from debugger.sourcescope import names_variables
from debugger.steps import parse_count
from debugger.views import Value
from gabagool.types import I32

GROUP = "Looking at values"
_ITEMS = 20             # members that print shows unless told otherwise
_MOST = 10_000
_TIMES = re.compile(r"(?P<way>.*\S)\s*@\s*(?P<count>\d[\w.]*)")


def compute(session: Session, text: str) -> Typed:
    """An expression's value at the cursor, in the selected frame: of the source's variables, where
    debug info tells of them, else of wasm's."""
    if session.in_source(text) and re.search(r"[A-Za-z_]", text.replace("0x", "")):
        return Typed(I32, session.number(text))
    text, state = paths(session).flattened(text)
    return evaluate(text, state, session.read_memory)


def paths(session: Session) -> Paths:
    """Ways into objects at the cursor."""
    return Paths(session, lambda text: int(compute(session, text).number))


def printed(session: Session, text: str) -> Result | None:
    """`print` of something in an object, or of one; None if the text is another expression.

    `$v[20]@10` is gdb's way to ask for ten elements from the twentieth on.
    """
    times = _TIMES.fullmatch(text)
    if times is not None:
        return _some(session, times["way"], times["count"])
    value = paths(session).value(text)
    if value is None or not (value.ref or value.key or "[" in value.name or "." in value.name):
        return None
    return _whole(session, value)


def _some(session: Session, way: str, count_text: str) -> Result:
    match = re.fullmatch(r"(.*)\[([^\[\]]*)\]", way)
    above = paths(session).value(match[1]) if match else None
    count = parse_count(count_text)
    if match is None or above is None or count is None or not 1 <= count <= _MOST:
        raise CommandError(f"@ is for elements of an array, at most {_MOST:,}: $v[20]@10")
    start = int(compute(session, match[2]).number)
    paths(session).value(way)           # there must be a first one
    items = session.members(above, start, count)
    return Result("\n".join(value_lines(items)), {"items": list(map(value_data, items))})


def _whole(session: Session, value: Value) -> Result:
    """The value on a line of its own, and what is in it on one each."""
    items = session.members(value, 0, _ITEMS) if value.key else ()
    length = value.bits if value.ref is None else value.ref.length
    lines = [f"{_dynamic(value)} {value.text}" if value.type else value.text]
    lines += [f"  {line}" for line in value_lines(items)]
    if items and length > len(items):
        lines.append(f"  … {length - len(items):,} more: "
                     f"print {value.name}[{len(items)}]@{min(100, length - len(items))}")
    if value.ref is not None and value.ref.text and value.ref.length > _ITEMS:
        lines[1:] = []
    data = value_data(value)
    data["value"] = data.pop("text")
    return Result("\n".join(lines), data | {"items": list(map(value_data, items))})


def _dynamic(value: Value) -> str:
    """`ref` where the text says the rest; else the type."""
    return value.type if value.ref is None or value.ref.kind == "null" else "ref"


def _of_source(session: Session, text: str, whole: bool) -> Result | None:
    """A type of the source; None if the text is about wasm."""
    if not session.in_source(text) or not names_variables(text) or text.startswith("type "):
        return None
    try:
        found = session.source_type(text, whole)
    except CommandError as error:
        if paths(session).value(text) is None and session.type_text(text) is None:
            raise error from None
        return None
    return Result(found, {"type": found} | ({} if whole else {"now": found}))


def _whatis(context: Context, text: str) -> Result:
    session = context.session
    if (result := _of_source(session, text.strip(), False)) is not None:
        return result
    value = paths(session).value(text)
    if value is None:
        found = compute(session, text)
        raise CommandError(f"'{text}' is computed: print says {found.number}")
    own = value.ref.type if value.ref is not None and value.ref.offset is not None else ""
    own = f"exn {own}" if value.ref is not None and value.ref.kind == "exn" else own
    line = f"{value.type}, now {own}" if own and f"{own})" not in value.type else value.type
    return Result(line, {"type": value.type, "now": own or value.type})


def _ptype(context: Context, text: str) -> Result:
    session = context.session
    if not text.strip():
        raise CommandError("ptype needs a value or a type: ptype $v, ptype type $point, ptype 3")
    text = text.strip()
    if (result := _of_source(session, text, True)) is not None:
        return result
    value = None if text.startswith("type ") else paths(session).value(text)
    found = session.type_text(text) if value is None else None
    if value is not None:
        if value.ref is None or value.ref.offset is None:
            own = session.type_text(_named_type(value.type))
            return Result(own or value.type, {"type": own or value.type})
        found = session.type_at(value.ref.offset)
    if found is None:
        raise CommandError(f"'{text}' is neither a value nor a type; info types lists them")
    return Result(found, {"type": found})


def _named_type(text: str) -> str:
    """The type within a reference type: `$point` of `(ref null $point)`."""
    match = re.fullmatch(r"\(ref (?:null )?(.*)\)", text)
    return match[1] if match else text


def info_heap(context: Context, _text: str) -> Result:
    """`info heap`"""
    view = context.session.heap()
    lines = [f"size         {view.size:,} bytes, at most {view.limit:,}",
             f"used         {view.used:,} bytes in {sum(t.count for t in view.types):,} objects, "
             "dead ones not yet collected too",
             f"live         {view.live:,} bytes after the last collection" if view.collections
             else "live         not known before a collection",
             f"collections  {view.collections:,}; the next when the "
             f"{view.size - view.used:,} bytes left are not enough"]
    rows = [("objects", "bytes", "type"),
            *((f"{t.count:,}", f"{t.bytes:,}", f"{t.kind} {t.text}") for t in view.types)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines += ["", *(f"{a:>{widths[0]}}  {b:>{widths[1]}}  {c}" for a, b, c in rows)]
    if not view.size:
        lines = ["the program has made no objects"]
    return Result("\n".join(lines), {"heap": asdict(view)})


def info_types(context: Context, text: str) -> Result:
    """`info types`"""
    found = [each for each in context.session.types() if text.lower() in each.lower()]
    return Result("\n".join(found) or f"no type matches '{text}'", {"types": found})


def info_tables(context: Context, _text: str) -> Result:
    """`info tables`"""
    tables = context.session.state().tables
    return Result("\n".join(value_lines(tables)) or "no tables",
                  {"tables": [_table(each) for each in tables]})


def _table(value: Value) -> Mapping[str, object]:
    return {"name": value.name, "type": value.type, "length": value.bits}


ACTIONS = (
    Action("whatis", ("whatis",), (), "the type of a value, as declared and as it is now", GROUP,
           _whatis, "VALUE"),
    Action("ptype", ("ptype",), (), "the definition of a type, or of a value's own type", GROUP,
           _ptype, "VALUE or [type] TYPE"),
)
