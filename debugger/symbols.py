"""Names for places: functions and instructions as the user reads and writes them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from threading import Event

from debugger import typetext
from debugger.exchange import CommandError
from debugger.source.demangle import base_name, demangled
from debugger.source.program import Source, Stop, base
from gabagool import FuncType, ModuleError, Position
from gabagool.code.disasm import Line, disassemble
from gabagool.code.operands import valtype_text
from gabagool.isa import ROWS
from gabagool.runtime.compiled import Compiled
from gabagool.types import GlobalType, TableType

_STRUCTURE = {row.mnemonic for row in ROWS if not any(form.steps for form in row.forms)} | {""}
_LINE = re.compile(r"(?P<file>.*[^:]):(?P<line>\d{1,9})", re.S)
_PLACE = re.compile(r"(?P<func>.+?)(?:\+(?P<offset>0x[0-9a-f]+|\d+))?", re.I)


class Code:
    """One instance's functions: names, listings, and which function a byte offset lies in."""

    def __init__(self, compiled: Compiled, source: Source) -> None:
        self.module = compiled.module
        self.source = source
        self.names = compiled.names
        self.imported = len(compiled.module.imported_funcs)
        self._compiled = compiled
        self.listing = lru_cache(maxsize=256)(self._listing)
        self.stops = lru_cache(maxsize=256)(self._stops)
        self._known: dict[int, str] = {}        # names by function, as far as they were asked for

    def _listing(self, funcidx: int) -> tuple[Line, ...]:
        return disassemble(self.module, funcidx, self.names)

    @cached_property
    def _given(self) -> dict[int, str]:
        """Names of functions without regard to their sources."""
        found = {e.index: e.name for e in reversed(self.module.exports) if e.kind == "func"}
        for i, entry in enumerate(self.module.imported_funcs):
            found.setdefault(i, f"{entry.module}.{entry.name}")
        return {**found, **self.names.funcs}

    def name(self, funcidx: int) -> str:
        """A function's name: from the name section, its source, an export, an import, or its
        index. Only the part of the debug info about this function is read."""
        if funcidx not in self._known:
            name = ""
            if not self.names.funcs and funcidx >= self.imported:
                func = self.module.funcs[funcidx - self.imported]
                name = self.source.name_between(func.start, func.end)
            name = name or self._given.get(funcidx, "")
            self._known[funcidx] = demangled(name) if name else f"func{funcidx}"
        return self._known[funcidx]

    @cached_property
    def function_names(self) -> tuple[str, ...]:
        """The name of every function. Where only the sources tell them that may take seconds: see
        `read_names`."""
        return tuple(map(self.name, range(len(self.module.func_typeidxs))))

    def read_names(self, cancel: Event) -> bool:
        """Find out what `function_names` needs. False if cancelled; the next time it goes on."""
        for funcidx in range(len(self.module.func_typeidxs)):
            if cancel.is_set():
                return False
            self.name(funcidx)
        return True

    @cached_property
    def indices(self) -> dict[str, list[int]]:
        """Function indices by every name they have."""
        found: dict[str, list[int]] = {}
        exported = [(e.name, e.index) for e in self.module.exports if e.kind == "func"]
        for name, index in (*((n, i) for i, n in enumerate(self.function_names)), *exported):
            known = found.setdefault(name, [])
            if index not in known:
                known.append(index)
        for index, name in self.names.funcs.items():
            if name not in found:           # as the linker knows it
                found[name] = [index]
        return found

    @cached_property
    def by_base_name(self) -> dict[str, list[int]]:
        """Function indices by qualified names without parameters, and by their last parts."""
        found: dict[str, list[int]] = {}
        for index, name in enumerate(self.function_names):
            short = base_name(name)
            for each in {short, short.rpartition("::")[2]} - {name}:
                found.setdefault(each, []).append(index)
        return found

    @cached_property
    def global_names(self) -> tuple[str, ...]:
        """A name for every global: from the name section, an export, an import, or its index."""
        return self._names("global", GlobalType, self.names.globals, len(self.module.global_types))

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """A name for every table, likewise."""
        return self._names("table", TableType, self.names.tables, len(self.module.table_types))

    def _names(self, kind: str, type_: type, named: Mapping[int, str],
               count: int) -> tuple[str, ...]:
        found = {e.index: e.name for e in reversed(self.module.exports) if e.kind == kind}
        imported = [i for i in self.module.imports if isinstance(i.desc, type_)]
        for i, entry in enumerate(imported):
            found.setdefault(i, f"{entry.module}.{entry.name}")
        found |= named
        return tuple(f"${found[i]}" if i in found else f"{kind}[{i}]" for i in range(count))

    @cached_property
    def _starts(self) -> list[int]:
        return [func.start for func in self.module.funcs]

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The definition of every type, a line each."""
        return tuple(typetext.definitions(self.module, self.names))

    def functype(self, funcidx: int) -> FuncType:
        return self.module.functype(funcidx)

    def signature(self, funcidx: int) -> str:
        """A function's type, with the names of types in it."""
        t = self.functype(funcidx)
        params, results = (" ".join(valtype_text(each, self.names.types) for each in types)
                           for types in (t.params, t.results))
        return f"[{params}] -> [{results}]"

    def first(self, funcidx: int) -> int:
        """Byte offset of a function's first instruction; -1 if it is imported."""
        lines = self.listing(funcidx)
        return lines[0].offset if lines else -1

    def holding(self, offset: int) -> int | None:
        """The function whose body holds a byte offset."""
        at = bisect_right(self._starts, offset) - 1
        if at < 0 or offset >= self.module.funcs[at].end:
            return None
        return self.imported + at

    def _stops(self, funcidx: int) -> dict[int, None]:
        """Offsets of instructions that can execute, as an ordered set, ascending.

        Structure is no step, what follows a branch can't be reached, and nothing of an invalid
        function executes.
        """
        if funcidx < self.imported:
            return {}
        try:
            lowered = self._compiled.lowered(funcidx)
        except ModuleError:
            return {}
        return dict.fromkeys(line.offset for line in self.listing(funcidx)
                             if line.mnemonic not in _STRUCTURE
                             and lowered.position_at(line.offset) is not None)


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
