"""What has happened in the recording: host calls, output, growth, exceptions, stops, the end."""

from __future__ import annotations

from dataclasses import asdict

from debugger.commands.action import Action, Context, Result
from debugger.commands.motion import arrived
from debugger.eventlist import KINDS
from debugger.exchange import CommandError
from debugger.steps import grouped

_GROUP = "Events"
_KINDS = f"[{'|'.join(KINDS)}]…"


def kinds_of(text: str) -> tuple[str, ...]:
    """Kinds as typed, or beginnings of them; () for all."""
    found = []
    for word in text.replace(",", " ").split():
        fitting = [kind for kind in KINDS if kind.startswith(word)]
        if word != "all" and len(fitting) != 1:
            raise CommandError(f"'{word}' is no kind of event: {', '.join(KINDS)} or all")
        found += fitting
    return tuple(dict.fromkeys(found))


def listed(context: Context, text: str) -> Result:
    """Events around the cursor."""
    events = context.session.events(kinds_of(text), cancel=context.cancel)
    lines = [f"{grouped(event.step):>14}  {event.kind:9}  {event.text}" for event in events]
    return Result("\n".join(lines) or "no events", {"events": [asdict(each) for each in events]})


def _next(context: Context, text: str) -> Result:
    return _beside(context, text, True)


def _previous(context: Context, text: str) -> Result:
    return _beside(context, text, False)


def _beside(context: Context, text: str, forward: bool) -> Result:
    return arrived(context, context.session.next_event(
        kinds_of(text), forward=forward, cancel=context.cancel, progress=context.progress))


def _find(context: Context, text: str) -> Result:
    return _search(context, text, True)


def _find_back(context: Context, text: str) -> Result:
    return _search(context, text, False)


def _search(context: Context, text: str, forward: bool) -> Result:
    if not text.strip():
        raise CommandError("find-event needs a part of an event's text: find-event ENOENT")
    return arrived(context, context.session.find_event(
        text.strip(), forward=forward, cancel=context.cancel, progress=context.progress))


def _filter(_context: Context, text: str) -> Result:
    kinds = kinds_of(text)
    return Result(f"events: {', '.join(kinds) or 'all'}", {"event_kinds": list(kinds)})


ACTIONS = (
    Action("events", ("events",), (),
           "what has happened around the cursor: host calls with arguments and results, output, …",
           _GROUP, listed, _KINDS),
    Action("next_event", ("next-event", "ne"), ("right_square_bracket",),
           "to the next event of the kinds listed", _GROUP, _next, _KINDS),
    Action("previous_event", ("previous-event", "pe"), ("left_square_bracket",),
           "to the previous event of the kinds listed", _GROUP, _previous, _KINDS),
    Action("find_event", ("find-event", "fe"), (), "to the next event whose text has this in it",
           _GROUP, _find, "TEXT"),
    Action("find_event_back", ("find-event-back", "feb"), (),
           "to the previous event whose text has this in it", _GROUP, _find_back, "TEXT"),
    Action("filter_events", ("filter-events",), ("E",),
           "list only events of some kinds; [ and ] go along these", _GROUP, _filter, _KINDS),
)
