"""Who wrote this, who read it? Watchpoints, the last access before the cursor, and every one."""

from __future__ import annotations

from dataclasses import asdict

from debugger.answers import HitsView
from debugger.breakpoints import ACCESS, READ, WRITE
from debugger.commands.action import Action, Context, Result
from debugger.commands.motion import arrived
from debugger.commands.places import set_result
from debugger.exchange import CommandError
from debugger.steps import grouped, parse_count

_GROUP = "Who wrote this?"
_LOCATION = "LOCATION"
_FORMS = ("$n, a global's name, i32[0x101e0], 0x101e0, 16 (address, size), mem1.i32[8] (memory 1) "
          "or table[3]")
_LINES = 20
HISTORIES = {"/w": WRITE, "/r": READ, "/a": ACCESS}


def _needed(text: str, word: str) -> str:
    if not text.strip():
        raise CommandError(f"{word} needs a location: {_FORMS}")
    return text.strip()


def _last_write(context: Context, text: str) -> Result:
    where = _needed(text, "last-write")
    return arrived(context, context.session.last_write(where, cancel=context.cancel,
                                                       progress=context.progress))


def _last_read(context: Context, text: str) -> Result:
    where = _needed(text, "last-read")
    return arrived(context, context.session.last_read(where, cancel=context.cancel,
                                                      progress=context.progress))


def _watch(context: Context, text: str) -> Result:
    return _set_watch(context, text, "watch", True)


def _watch_writes(context: Context, text: str) -> Result:
    return _set_watch(context, text, "watch-writes", False)


def _rwatch(context: Context, text: str) -> Result:
    return _set_watch(context, text, "rwatch", False, READ)


def _awatch(context: Context, text: str) -> Result:
    return _set_watch(context, text, "awatch", False, ACCESS)


def _set_watch(context: Context, text: str, word: str, changed: bool,
               access: str = WRITE) -> Result:
    return set_result(context.session.add_watch(
        _needed(text, word), changed=changed, access=access, cancel=context.cancel,
        progress=context.progress))


def hits_result(view: HitsView) -> Result:
    """A page of hits as lines, those before the cursor and those after it told apart."""
    lines = [f"{view.total:,} {view.what}"]
    for row in view.rows:
        mark = "►" if row.index == view.before else " "
        lines.append(f"{mark}{row.index + 1:>7,}  step {grouped(row.step)}  {row.text or row.where}"
                     f"{f'  {row.where}' if row.text else ''}")
    shown = view.first + len(view.rows)
    if shown < view.total:
        lines.append(f"… {view.total - shown:,} later ones: more-hits {shown + 1}")
    return Result("\n".join(lines), asdict(view), hits=view)


def _from(text: str) -> tuple[int | None, int]:
    """`FIRST [COUNT]`, counted from 1; without FIRST, around the cursor."""
    words = text.split()
    numbers = [parse_count(word) for word in words]
    if len(numbers) > 2 or None in numbers:
        raise CommandError(f"'{text.strip()}' is not the number of the first hit to list and how "
                           "many")
    found = [n for n in numbers if n is not None]
    first = max(0, found[0] - 1) if found else None
    return first, min(10_000, max(1, found[1])) if len(found) > 1 else _LINES


def _history(context: Context, text: str) -> Result:
    how, _, rest = text.partition(" ") if text.startswith("/") else ("", "", text)
    if how and how not in HISTORIES:
        raise CommandError(f"'{how}' is no kind of history: /w is every write, /r every read, /a "
                           "both; without one, every change")
    return hits_result(context.session.changes(
        _needed(rest, "history"), None, _LINES, changed=not how,
        access=HISTORIES.get(how, WRITE), cancel=context.cancel, progress=context.progress))


def _hits(context: Context, text: str) -> Result:
    number, _, rest = text.strip().partition(" ")
    if not number.isdecimal():
        raise CommandError("hits needs a breakpoint's number, and from which hit on and how many: "
                           "hits 2 1 50")
    first, count = _from(rest)
    return hits_result(context.session.hits(int(number), first, count, cancel=context.cancel,
                                            progress=context.progress))


def _more(context: Context, text: str) -> Result:
    first, count = _from(_needed(text, "more-hits"))
    return hits_result(context.session.more_hits(first or 0, count, cancel=context.cancel,
                                                 progress=context.progress))


ACTIONS = (
    Action("last_write", ("last-write", "lw", "who-wrote"), ("W",),
           "back to the last write of what is selected: a byte, a local, a global, a table's "
           "element; of stack(0), to what pushed it", _GROUP,
           _last_write, _LOCATION),
    Action("last_read", ("last-read", "lr", "who-read"), ("R",),
           "back to the last read of what is selected", _GROUP, _last_read, _LOCATION),
    Action("watch", ("watch",), ("w",),
           "stop when a location changes: local, global, memory, table element", _GROUP, _watch,
           f"{_LOCATION} [if CONDITION]"),
    Action("watch_writes", ("watch-writes", "ww"), (),
           "stop at every write of a location, also of the same value", _GROUP, _watch_writes,
           f"{_LOCATION} [if CONDITION]"),
    Action("rwatch", ("rwatch", "watch-reads"), (), "stop at every read of a location", _GROUP,
           _rwatch, f"{_LOCATION} [if CONDITION]"),
    Action("awatch", ("awatch", "watch-accesses"), (), "stop at every read or write of a location",
           _GROUP, _awatch, f"{_LOCATION} [if CONDITION]"),
    Action("history", ("history", "value-history"), ("v",),
           "every change of a location over the recording; history/w every write, /r every read, "
           "/a both", _GROUP, _history, f"[/w|/r|/a] {_LOCATION}", attached=True),
    Action("hits", ("hits",), (),
           "every hit of a breakpoint over the recording, with what a log-point prints", _GROUP,
           _hits, "NUMBER [FIRST [COUNT]]"),
    Action("more_hits", ("more-hits",), (), "other ones of the hits that were listed last", _GROUP,
           _more, "FIRST [COUNT]"),
)
