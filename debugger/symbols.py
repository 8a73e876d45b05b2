"""Names for places: functions and instructions as the user reads and writes them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from threading import Event

from debugger import typetext
from debugger.exchange import CommandError
from debugger.functions import Code
from debugger.source.program import Stop, base
from gabagool import Position

_LINE = re.compile(r"(?P<file>.*[^:]):(?P<line>\d{1,9})", re.S)
_PLACE = re.compile(r"(?P<func>.+?)(?:\+(?P<offset>0x[0-9a-f]+|\d+))?", re.I)


def is_line(spec: str) -> bool:
    """Whether a breakpoint spec is FILE:LINE."""
    return _LINE.fullmatch(spec.strip()) is not None


def _same_line(code: Code, one: int, other: int) -> bool:
    lines = [[(each.file, each.line) for each in code.source.lines(at)] for at in (one, other)]
    return lines[0] == lines[1]


class Symbols:
    """The functions of every instance in the store, by index."""

    def __init__(self, instances: Sequence[Code]) -> None:
        self.instances = tuple(instances)
        self._line_stops = lru_cache(maxsize=1024)(self._find_line_stops)

    @property
    def has_source(self) -> bool:
        """Whether any instance says anything about its sources."""
        return any(code.source.there for code in self.instances)

    def line_name(self, place: Position) -> str:
        """`file.c:42` of an instruction; '' where it isn't known."""
        lines = self.instances[place.instance].source.lines(place.offset)
        return f"{base(lines[0].file)}:{lines[0].line}" if lines else ""

    def name(self, instance: int, funcidx: int) -> str:
        return self.instances[instance].name(funcidx)

    def label(self, instance: int, funcidx: int) -> str:
        """`func[42] parse`."""
        return f"func[{funcidx}] {self.name(instance, funcidx)}"

    def where(self, instance: int, funcidx: int, offset: int) -> str:
        """`func[42] parse+0x1c`, counted from the function's first instruction."""
        first = self.instances[instance].first(funcidx)
        inside = f"+{offset - first:#x}" if offset > first >= 0 else ""
        return self.label(instance, funcidx) + inside

    def function(self, text: str) -> tuple[int, int]:
        """The (instance, funcidx) meant by an index, `$name`, name or `func[42]`."""
        wanted = text.strip()
        if match := re.fullmatch(r"func\[(\d+)\].*", wanted):
            wanted = match[1]
        if wanted.isdecimal():
            return self._by_index(int(wanted[:9]))
        for spelled in (wanted, wanted.removeprefix("$")):
            if found := self._named(spelled) or self._in_source(spelled):
                return found
        raise CommandError(self._unknown(wanted.removeprefix("$")))

    def type_text(self, spec: str) -> str | None:
        """The definition of the type meant by an index or name; None if there is none."""
        for code in self.instances:
            index = typetext.index_of(code.module, code.names, spec)
            if index is not None:
                return typetext.definition(code.module, code.names, index)
        return None

    def places(self, spec: str) -> list[Position]:
        """The instructions meant by a breakpoint spec: as `place` says, or FILE:LINE, which may
        have been compiled to several places."""
        match = _LINE.fullmatch(spec.strip())
        if match and (found := self.line_places(match["file"], int(match["line"]))):
            return found
        return [self.place(spec)]

    def line_places(self, file: str, line: int) -> list[Position]:
        """Where a line, or the next one that has code, begins; empty if no such file is known."""
        found, known = [], False
        for instance, code in enumerate(self.instances):
            _, offsets = code.source.offsets_of_line(file, line)
            for offset in offsets:
                funcidx, known = code.holding(offset), True
                stop = None if funcidx is None else self._next_stop(code, funcidx, offset)
                if funcidx is not None and stop is not None:
                    body = self.body(instance, funcidx)
                    if stop == next(iter(code.stops(funcidx))) and _same_line(code, stop, body):
                        stop = body         # a function on one line: behind its prologue
                    found.append(Position(instance, funcidx, stop))
        if not found and (known or any(code.source.there for code in self.instances)):
            raise CommandError(self._no_line(file, line))
        return list(dict.fromkeys(found))

    def _no_line(self, file: str, line: int) -> str:
        known = [name for code in self.instances for name in code.source.known_files()]
        names = list(dict.fromkeys(base(name) for name in known))
        if base(file) in names:
            return f"{file} has no code at line {line} or behind it"
        near = get_close_matches(base(file), names, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else \
            "; 'info sources' lists those that are known"
        return f"no source file '{file}'{hint}"

    @staticmethod
    def _next_stop(code: Code, funcidx: int, offset: int) -> int | None:
        """The first instruction from an offset on that executes: lines may begin at structure."""
        return next((each for each in code.stops(funcidx) if each >= offset), None)

    def line_stops(self, instance: int, funcidx: int) -> tuple[Stop, ...]:
        """Instructions of a function at which source lines begin, ascending; empty if unknown."""
        code = self.instances[instance]
        if not code.source.there or funcidx < code.imported:
            return ()
        return self._line_stops(instance, funcidx)

    def _find_line_stops(self, instance: int, funcidx: int) -> tuple[Stop, ...]:
        code = self.instances[instance]
        func = code.module.funcs[funcidx - code.imported]
        found: dict[int, Stop] = {}
        offsets = list(code.stops(funcidx))
        for stop in code.source.stops(func.start, func.end):
            at = bisect_left(offsets, stop.offset)
            if at < len(offsets):
                found[offsets[at]] = replace(stop, offset=offsets[at])
        return tuple(found[offset] for offset in sorted(found))

    def body(self, instance: int, funcidx: int) -> int:
        """The offset behind a function's prologue; its first instruction without debug info."""
        code = self.instances[instance]
        stops = code.stops(funcidx)
        first = next(iter(stops), -1)
        if not code.source.there or funcidx < code.imported:
            return first
        func = code.module.funcs[funcidx - code.imported]
        offset = code.source.body(func.start, func.end)
        found = self._next_stop(code, funcidx, max(offset, first))
        return first if found is None or offset <= func.start else found

    def _in_source(self, name: str) -> tuple[int, int] | None:
        """A function by its name in the source, which may be shorter than its symbol."""
        for instance, code in enumerate(self.instances):
            found = code.by_base_name.get(name, []) or [
                index for offset in code.source.named(name)
                if (index := code.holding(offset)) is not None]
            if len(found) > 1:
                places = ", ".join(self.label(instance, each) for each in found[:8])
                raise CommandError(f"'{name}' is ambiguous: {places}; give the index")
            if found:
                return instance, found[0]
        return None

    def place(self, spec: str) -> Position:
        """The instruction meant by a breakpoint spec: FUNC (behind its prologue, where debug info
        tells), FUNC+0x1c, 0x1f3a or *0x1f3a."""
        text = spec.strip()
        if re.fullmatch(r"\*\s*\d+|\*?\s*0x[0-9a-f]+", text, re.I):
            return self._at_offset(int(text.lstrip("* "), 0))
        try:
            instance, funcidx = self.function(text)
            return replace(self.instruction(instance, funcidx, 0),
                           offset=self.body(instance, funcidx))
        except CommandError:
            match = _PLACE.fullmatch(text)
            if not match or match["offset"] is None:
                raise
            instance, funcidx = self.function(match["func"])
            inside = int(match["offset"], 16 if "x" in match["offset"].lower() else 10)
        return self.instruction(instance, funcidx, inside)

    def instruction(self, instance: int, funcidx: int, inside: int) -> Position:
        """The instruction `inside` bytes from a function's first one."""
        code = self.instances[instance]
        stops = code.stops(funcidx)
        if not stops:
            why = "is imported" if funcidx < code.imported else "has nothing to execute"
            raise CommandError(f"{self.label(instance, funcidx)} {why}: there is no instruction "
                               "to stop at")
        first = code.first(funcidx)
        if inside == 0:
            return Position(instance, funcidx, next(iter(stops)))
        if first + inside not in stops:
            near = min(stops, key=lambda offset: abs(offset - first - inside))
            raise CommandError(f"no instruction at {self.name(instance, funcidx)}+{inside:#x}; "
                               f"the nearest is at +{near - first:#x}")
        return Position(instance, funcidx, first + inside)

    def checked(self, place: Position) -> Position:
        """The place, if an instruction begins there that a step stands for."""
        if place.offset not in self.instances[place.instance].stops(place.funcidx):
            raise CommandError(f"no instruction executes at {place.offset:#x}")
        return place

    def read_names(self, cancel: Event) -> bool:
        """Find out all names of functions, however long it takes. False if cancelled."""
        return all(code.read_names(cancel) for code in self.instances)

    def functions(self) -> tuple[tuple[int, int, str, str], ...]:
        """(instance, funcidx, name, signature) of every function."""
        return tuple((i, funcidx, name, code.signature(funcidx))
                     for i, code in enumerate(self.instances)
                     for funcidx, name in enumerate(code.function_names))

    def _by_index(self, funcidx: int) -> tuple[int, int]:
        count = len(self.instances[0].function_names) if self.instances else 0
        if funcidx >= count:
            raise CommandError(f"there is no func[{funcidx}]: the module has {count} functions")
        return 0, funcidx

    def _named(self, name: str) -> tuple[int, int] | None:
        found = [(i, funcidx) for i, code in enumerate(self.instances)
                 for funcidx in code.indices.get(name, ())]
        if len(found) > 1:
            places = ", ".join(self.label(*each) for each in found[:8])
            raise CommandError(f"'{name}' is ambiguous: {places}; give the index")
        return found[0] if found else None

    def _unknown(self, name: str) -> str:
        names = list(dict.fromkeys(n for code in self.instances for n in code.indices))
        near = get_close_matches(name, names, 3)
        near += [n for n in names if name and name.lower() in n.lower() and n not in near]
        hint = f"; did you mean {', '.join(near[:5])}?" if near else ""
        return f"no function '{name}'{hint}"

    def _at_offset(self, offset: int) -> Position:
        for instance, code in enumerate(self.instances):
            funcidx = code.holding(offset)
            if funcidx is None:
                continue
            stops = code.stops(funcidx)
            if offset in stops:
                return Position(instance, funcidx, offset)
            near = min(stops, key=lambda o: abs(o - offset), default=None)
            hint = "" if near is None else f"; the nearest in {self.name(instance, funcidx)} is " \
                                           f"at {near:#x}"
            raise CommandError(f"no instruction starts at {offset:#x}{hint}")
        raise CommandError(f"{offset:#x} lies in no function")
