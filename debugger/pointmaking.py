"""Makes breakpoints, watchpoints, catches and log-points of what the user has typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from debugger.breakpoints import BREAK, CATCH, LOG, WATCH, Breakpoint, Part, with_places
from debugger.exchange import CommandError
from debugger.logpoint import Message, parse_message
from debugger.scopes import PlaceScope, condition, values
from debugger.symbols import Symbols
from debugger.targets import Target
from gabagool import Machine, Position
from gabagool.isa import BY_NAME
from gabagool.native.layout import LOGGED_VALUES
from gabagool.native.nodes import Node
from gabagool.runtime.tapping import Code, Forms, HostCalls, Where

TRAP = "trap"
THROW = "throw"         # stands for throw_ref as well
_IF = re.compile(r"(?:^|\s)if\s")
_LOG = re.compile(r'(?P<place>[^,"{]+?)\s*(?:,\s*|\s+(?="))(?P<message>.+)', re.S)
_GLOB = re.compile(r"[*?]")
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
                   temporary: bool = False) -> Breakpoint:
        """On writes to a location, or on changes of it."""
        return self.finished(Breakpoint(0, WATCH, target.spec, (Part(target.where),),
                                        target=target, condition=condition_text,
                                        changed=changed, temporary=temporary))

    def catchpoint(self, text: str, temporary: bool = False) -> Breakpoint:
        """On a trap, on every instruction of some name, or on calls to a host function."""
        what, condition_text = split_condition(text)
        if what == TRAP:
            if condition_text:
                raise CommandError("a trap has no condition: it ends the program")
            return Breakpoint(0, CATCH, what, (), temporary=temporary)
        parts = (Part(self._caught(what)),)
        return self.finished(Breakpoint(0, CATCH, what, parts, condition=condition_text,
                                        temporary=temporary))

    def _caught(self, what: str) -> Where:
        if what in BY_NAME and BY_NAME[what].forms:
            names = [what, f"{what}_ref"] if what == THROW else [what]
            return Forms(frozenset(form.name for name in names for form in BY_NAME[name].forms))
        hosts = sorted({func.name for func in self._machine.store.funcs
                        if func.instance is None and func.host is not None})
        found = [name for name in hosts
                 if any(fnmatchcase(n, what) for n in (name, name.rpartition(".")[2]))]
        if not found:
            imported = ", ".join(sorted({name.rpartition(".")[2] for name in self._imported()}))
            raise CommandError(f"'{what}' is neither trap, nor an instruction such as "
                               f"memory.grow, nor a function that the program imports"
                               f"{f' ({imported})' if imported else ''}")
        return HostCalls(frozenset(found))

    def _imported(self) -> list[str]:
        return [f"{entry.module}.{entry.name}" for code in self._symbols.instances
                for entry in code.module.imported_funcs]

    def _places(self, spec: str) -> tuple[Position, ...]:
        text = spec.strip()
        if not _GLOB.search(text) or re.match(r"\*\s*\d", text):
            return tuple(self._symbols.places(text))
        found = [self._symbols.instruction(instance, funcidx, 0)
                 for instance, funcidx, name, _ in self._symbols.functions()
                 if fnmatchcase(name, text)
                 and self._symbols.instances[instance].stops(funcidx)]
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
            point.parts = (Part(target.where, condition(point.condition, scope)),)
        elif not point.places:
            scope = PlaceScope(self._machine, self._symbols, None)
            point.parts = tuple(Part(part.where, condition(point.condition, scope))
                                for part in point.parts)
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

