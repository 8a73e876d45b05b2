"""Makes breakpoints, watchpoints, catches and log-points of what the user has typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from debugger.breakpoints import (
    ACCESS,
    BREAK,
    CATCH,
    LOG,
    READ,
    WATCH,
    WRITE,
    Breakpoint,
    Part,
    with_places,
)
from debugger.catching import Catching
from debugger.exchange import CommandError
from debugger.logpoint import Message, parse_message
from debugger.scopes import PlaceScope, condition, values
from debugger.symbols import Symbols
from debugger.targets import Target
from gabagool import Machine, Position
from gabagool.native.nodes import Node
from gabagool.native.tap_layout import LOGGED_VALUES
from gabagool.runtime.tapping import Code

_IF = re.compile(r"(?:^|\s)if\s")
_LOG = re.compile(r'(?P<place>[^,"{]+?)\s*(?:,\s*|\s+(?="))(?P<message>.+)', re.S)
_GLOB = re.compile(r"[*?]")
_REGEX = re.compile(r"/(?P<regex>.+)/")
_MOST_PLACES = 20_000


def split_condition(text: str) -> tuple[str, str]:
    """`PLACE if CONDITION` in two."""
    match = _IF.search(text)
    if match is None:
        return text.strip(), ""
    return text[:match.start()].strip(), text[match.end():].strip()


class PointMaker:
    """Checks everything that can be wrong before anything is set."""

    def __init__(self, machine: Machine, symbols: Symbols) -> None:
        self._machine = machine
        self._symbols = symbols
        self._catching = Catching(machine, symbols)

    def breakpoint(self, spec: str, condition_text: str = "", temporary: bool = False,
                   place: Position | None = None) -> Breakpoint:
        """At an instruction, a function's first one, those of a line, or the first ones of all
        functions with such names."""
        places = (place,) if place is not None else self._places(spec)
        return self.finished(Breakpoint(0, BREAK, spec, (Part(Code(places)),),
                                        condition=condition_text, temporary=temporary))

    def logpoint(self, text: str) -> Breakpoint:
        """`PLACE, "text with %d or {expression}", expressions`."""
        text, condition_text = _log_condition(text)
        match = _LOG.fullmatch(text.strip())
        if not match:
            raise CommandError('dprintf needs a place and a text: dprintf parse, "n = %d", $n')
        message = parse_message(match["message"])
        return self.finished(Breakpoint(0, LOG, match["place"].strip(),
                                        (Part(Code(self._places(match["place"]))),),
                                        message=message, condition=condition_text))

    def watchpoint(self, target: Target, condition_text: str, changed: bool,
                   temporary: bool = False, access: str = WRITE) -> Breakpoint:
        """On writes to a location, or on changes of it, on reads, or on both."""
        parts = tuple(Part(target.where, reads=reads) for reads in (False, True)
                      if access in (ACCESS, READ if reads else WRITE))
        return self.finished(Breakpoint(0, WATCH, target.spec, parts,
                                        target=target, condition=condition_text,
                                        changed=changed, access=access, temporary=temporary))

    def catchpoint(self, text: str, temporary: bool = False) -> Breakpoint:
        """On a trap, a throw, every instruction of some name, or calls to a host function."""
        what, condition_text = split_condition(text)
        what = " ".join(what.split())
        parts = self._catching.parts(what, condition_text)
        return Breakpoint(0, CATCH, what, parts, condition=condition_text, temporary=temporary)

    def _places(self, spec: str) -> tuple[Position, ...]:
        text = spec.strip()
        if expression := _REGEX.fullmatch(text):
            return self._called(text, _compiled(expression["regex"]).search)
        if not _GLOB.search(text) or re.match(r"\*\s*\d", text):
            return tuple(self._symbols.places(text))
        return self._called(text, partial(_fits, glob=text))

    def _called(self, text: str, fits: Callable[[str], object]) -> tuple[Position, ...]:
        """The first instructions of the functions whose names fit."""
        found = [self._symbols.instruction(instance, funcidx, 0)
                 for instance, funcidx, name, _ in self._symbols.functions()
                 if fits(name) and self._symbols.instances[instance].stops(funcidx)]
        if not found:
            raise CommandError(f"no function's name is like '{text}'")
        if len(found) > _MOST_PLACES:
            raise CommandError(f"{len(found):,} functions have a name like '{text}'; at most "
                               f"{_MOST_PLACES:,} can have one breakpoint")
        return tuple(found)

    def finished(self, point: Breakpoint) -> Breakpoint:
        """With its condition and message understood."""
        point.places = with_places(point.parts)
        if point.message and len(point.message.expressions) > LOGGED_VALUES:
            raise CommandError(f"a log-point prints at most {LOGGED_VALUES} values")
        if point.target is not None:
            target = point.target
            scope = PlaceScope(self._machine, self._symbols, target.place, target.written,
                               target.seen)
            check = condition(point.condition, scope)
            point.parts = tuple(replace(part, check=check) for part in point.parts)
        elif not point.places:
            point.parts = self._catching.parts(point.spec, point.condition)
        elif point.condition or point.message:
            point.parts = self._per_place(point.places, point.condition, point.message)
        else:
            point.parts = (Part(Code(point.places)),)
        return point

    def _per_place(self, places: Sequence[Position], text: str,
                   message: Message | None) -> tuple[Part, ...]:
        """Names mean something else in every function: places where they mean the same are one."""
        same: dict[tuple[Node | None, tuple[Node, ...]], list[Position]] = {}
        for place in places:
            scope = PlaceScope(self._machine, self._symbols, place)
            try:
                key = (condition(text, scope),
                       values(message.expressions, scope) if message else ())
            except CommandError as error:
                if len(places) == 1:
                    raise
                label = self._symbols.label(place.instance, place.funcidx)
                raise CommandError(f"in {label}: {error}") from None
            same.setdefault(key, []).append(place)
        return tuple(Part(Code(tuple(found)), check, logged)
                     for (check, logged), found in same.items())


def _fits(name: str, glob: str) -> bool:
    return fnmatchcase(name, glob)


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except (re.error, RecursionError, OverflowError) as error:
        raise CommandError(f"'{regex}' is no regular expression: {error}") from None


def _log_condition(text: str) -> tuple[str, str]:
    """The condition of `PLACE, "text" if CONDITION` or of `PLACE if CONDITION, "text"`."""
    quoted = [m.span() for m in re.finditer(r'"(?:[^"\\]|\\.)*"', text)]
    for match in _IF.finditer(text):
        if any(a <= match.start() < b for a, b in quoted):
            continue
        behind = next((a for a, _ in quoted if a > match.end()), None)
        if behind is None:
            return text[:match.start()], text[match.end():].strip()
        comma = text.rindex(",", match.end(), behind) if "," in text[match.end():behind] else behind
        return text[:match.start()] + text[comma:], text[match.end():comma].strip()
    return text, ""
