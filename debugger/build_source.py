"""The source level of a stopped machine: frames with inlined ones, variables, source views."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from debugger.breakpoints import Breakpoints, marker
from debugger.build_variables import Compare, VariableRows
from debugger.codeviews import SourceView
from debugger.exchange import CommandError
from debugger.scopes import SeenFrame
from debugger.source import carithmetic, cexpr, kinds
from debugger.source.cparse import Types
from debugger.source.held import Held, Read
from debugger.source.program import Line, NowhereError, Source, Variable, base
from debugger.source.values import Shower
from debugger.sourceframes import Level, MachineFrame, Placed
from debugger.sourcevalues import Looker, SourceValue
from debugger.symbols import Symbols
from debugger.values import short_value
from debugger.views import Key, Value
from gabagool import Machine

T = TypeVar("T")
_NAME = re.compile(r"(?<![\w.>])[A-Za-z_]\w*(?:::\w+)*")
_FRAMES_AT_ONCE = 64
_MOST_ARGUMENTS = 12    # frames of a view whose arguments are shown by name


class SourceBuilder:
    """Makes what panels and words show of the source."""

    def __init__(self, machine: Machine, symbols: Symbols, points: Breakpoints) -> None:
        self._machine = machine
        self._symbols = symbols
        self._points = points
        self._at: tuple[int, bool] | None = None    # the boundary that these are of:
        self._found: list[Level] = []               # levels found so far
        self._more: Iterator[Level] = iter(())      # those further up

    def source(self, instance: int) -> Source:
        return self._symbols.instances[instance].source

    # -- frames ------------------------------------------------------------------------------

    def levels(self, limit: int | None = None) -> Sequence[Level]:
        """Frames innermost first, with what is inlined in each, at most `limit`."""
        at = self._machine.step, self._machine.ended is None    # what frames follow from
        if at != self._at:
            self._at, self._found, self._more = at, [], self._upwards()
        missing = None if limit is None else max(0, limit - len(self._found))
        self._found += islice(self._more, missing)
        return self._found[:limit]

    def _upwards(self) -> Iterator[Level]:
        level = 0
        while frames := self._machine.frames(_FRAMES_AT_ONCE, level):
            for frame in frames:
                lines: Sequence[Line | None] = self.source(frame.instance).lines(frame.offset)
                for inlined, line in enumerate(lines or (None,)):
                    yield Level(frame, level, inlined, line)
                level += 1

    def level(self, wanted: int) -> Level | None:
        """One frame; None if there are not so many."""
        self.levels(wanted + 1)
        return self._found[wanted] if 0 <= wanted < len(self._found) else None

    def name(self, level: Level) -> str:
        """The function's name in the source, else its symbol."""
        if level.line is not None and level.line.function:
            return level.line.function
        return self._symbols.name(level.frame.instance, level.frame.funcidx)

    def arguments(self, level: Level, index: int) -> str | None:
        """`list=0x101e0, n=3`; None where the source doesn't tell, or far up the stack."""
        source = self.source(level.frame.instance)
        if index >= _MOST_ARGUMENTS or level.line is None or source.dwarf is None:
            return None
        if source.function(level.frame.offset) is None:
            return None
        texts = [f"{value.name}={short_value(value.text)}"
                 for value in self.variables(level, parameters=True)]
        return ", ".join(texts)

    # -- variables ---------------------------------------------------------------------------

    def variables(self, level: Level, parameters: bool = False) -> list[Value]:
        """Variables in sight, or only the parameters; of those of one name the innermost."""
        source, frame = self.source(level.frame.instance), level.frame
        found: dict[str, Value] = {}
        access = MachineFrame(self._machine, level.machine_level)
        for each in source.variables(frame.offset, level.inlined):
            if each.name not in found and (each.parameter or not parameters):
                found[each.name] = self._value(source, each, frame.offset, access)
        return list(found.values())

    def _value(self, source: Source, variable: Variable, offset: int, access: MachineFrame
               ) -> Value:
        type_, text, address = "?", "not available", -1
        with source.faults.guard(f"variable {variable.name}"):
            type_ = kinds.spelled(source.type_of(variable))
            try:
                held = source.held(variable, offset, access)
                address = -1 if held.address is None else held.address
                text = Shower(access.read).show(held)
            except (NowhereError, CommandError) as error:
                text = f"<{error}>"
        return Value(variable.name, type_, text, address)

    def evaluate(self, text: str, level: Level, read_wasm: Mapping[str, int]) -> tuple[Held, str]:
        """A C-like expression in a frame: the value, and its text. `read_wasm` are the frame's
        wasm locals by `$name` and `$0`."""
        def work(lookup: cexpr.Lookup, named: Types, read: Read) -> tuple[Held, str]:
            held = cexpr.evaluate(text, lookup, named, read)
            return held, Shower(read).show(held)
        return self._in_frame(level, read_wasm, work)

    def assigned(self, text: str, type_: kinds.Type, level: Level, read_wasm: Mapping[str, int]
                 ) -> Held:
        """The value of an expression as it would be assigned to something of a type."""
        return self._in_frame(level, read_wasm, lambda lookup, named, read: cexpr.assigned(
            text, type_, lookup, named, read))

    def type_meant(self, text: str, level: Level, read_wasm: Mapping[str, int]) -> kinds.Type:
        """The type of a variable, even of one that has no value here, of an expression, or that a
        text names."""
        source = self.source(level.frame.instance)
        found = source.variable(text, level.frame.offset, level.inlined)
        if found is not None:
            return source.faults.attempt("types", lambda: source.type_of(found), kinds.VOID)
        return self._in_frame(level, read_wasm, lambda lookup, named, read: cexpr.type_meant(
            text, lookup, named, read))

    def _in_frame(self, level: Level, read_wasm: Mapping[str, int],
                  work: Callable[[cexpr.Lookup, Types, Read], T]) -> T:
        """Work on what names mean in a frame; damaged debug info is a CommandError."""
        source, frame = self.source(level.frame.instance), level.frame
        access = MachineFrame(self._machine, level.machine_level)
        if source.dwarf is None:
            raise CommandError("the program brings no debug info on variables")

        def lookup(name: str) -> Held | None:
            if name.startswith("$"):
                bits = read_wasm.get(name)
                return None if bits is None else carithmetic.constant(kinds.LONG_LONG, bits)
            found = source.variable(name, frame.offset, level.inlined)
            if found is None:
                known = source.enumerator(name, frame.offset)
                return None if known is None else carithmetic.constant(*known)
            try:
                return source.held(found, frame.offset, access)
            except NowhereError as error:
                raise CommandError(f"{name} is {error} here") from None

        try:
            return work(lookup, lambda word, name: source.named_type(word, name, frame.offset),
                        access.read)
        except CommandError:
            raise
        except Exception as error:
            source.faults.note("expression", error)
            raise CommandError(source.notice) from error

    def looked(self, level: Level, hex_: bool = False) -> list[SourceValue]:
        """Variables in sight as they can be looked into."""
        source, offset = self.source(level.frame.instance), level.frame.offset
        access = MachineFrame(self._machine, level.machine_level)
        looker, found = Looker(Shower(access.read)), dict[str, SourceValue]()
        for each in source.variables(offset, level.inlined):
            if each.name in found:
                continue
            found[each.name] = SourceValue(each.name, each.name, "?", "not available")
            with source.faults.guard(f"variable {each.name}"):
                type_ = kinds.spelled(source.type_of(each))
                try:
                    held = source.held(each, offset, access)
                    found[each.name] = looker.value(each.name, each.name, held, hex_)
                except (NowhereError, CommandError) as error:
                    found[each.name] = SourceValue(each.name, each.name, type_, f"<{error}>")
        return list(found.values())

    def rows(self, level: Level, opened: Collection[Key], compare: Compare) -> tuple[Value, ...]:
        """Variables in sight as rows that open."""
        frame = level.frame
        place: Key = ("source", frame.instance, frame.funcidx, level.inlined)
        rows, none = VariableRows(self.looker(level), opened, compare), tuple[Value, ...]()
        return self.source(frame.instance).faults.attempt(
            "variables", lambda: rows.rows(self.looked(level), place), none)

    def reader(self, level: Level) -> Read:
        """Reads memory 0."""
        return MachineFrame(self._machine, level.machine_level).read

    def looker(self, level: Level) -> Looker:
        return Looker(Shower(MachineFrame(self._machine, level.machine_level).read))

    def place(self, text: str, level: Level) -> Placed:
        """Where the value of an expression lies; CommandError if nowhere."""
        source, offset = self.source(level.frame.instance), level.frame.offset
        variable = source.variable(text, offset, level.inlined) if text.isidentifier() else None
        local = None if variable is None else source.wasm_local(variable, offset)
        if local is not None and variable is not None:
            return Placed(source.type_of(variable), 0, 0, local, True)
        held, _ = self.evaluate(text, level, {})
        if held.address is None:
            raise CommandError(f"'{text}' is not kept in memory: 'watch $NAME' is for the locals "
                               "of 'info wasm-locals'")
        names = dict.fromkeys(_NAME.findall(text))
        bound = any(found is not None and source.in_frame(found, offset) for found in
                    (source.variable(name, offset, level.inlined) for name in names))
        return Placed(held.type, held.address, kinds.size_of(held.type), None, bound)

    def seen(self, level: Level) -> SeenFrame:
        """A frame as it can be looked back at from elsewhere."""
        locals_ = tuple(bits for _, bits in self._machine.locals(level.machine_level))
        return SeenFrame(level.frame.instance, level.frame.offset, level.inlined, locals_)

    def number(self, text: str, level: Level) -> int:
        """An expression as an address."""
        held, _ = self.evaluate(text, level, {})
        if kinds.bare(held.type).kind in ("record", "array", "function"):
            if held.address is None:
                raise CommandError("that has no address: it is kept in a local, not in memory")
            return held.address
        access = MachineFrame(self._machine, level.machine_level)
        return int.from_bytes(held.bytes(access.read)[:8], "little") & 0xFFFFFFFF

    # -- source files ------------------------------------------------------------------------

    def view(self, level: Level | None, shown: str = "", line: int = 0) -> SourceView | None:
        """The file of a frame's line, or the file `shown`; None if nothing is known of it."""
        at = None if level is None else level.line
        file = shown or ("" if at is None else at.file)
        instance = 0 if level is None else level.frame.instance
        source = self.source(instance)
        if not source.there or (not file and at is None):
            return None
        text = source.files.text(file)
        current = at.line if at is not None and at.file == file else 0
        return SourceView(file, "" if text is None else text.path,
                          () if text is None else text.lines, current,
                          self._breaks(source, instance, file), line or current,
                          source.files.missing(file) if text is None else "", source.notice)

    def _breaks(self, source: Source, instance: int, file: str) -> tuple[tuple[int, str], ...]:
        """Lines of a file with breakpoints."""
        found: dict[int, str] = {}
        for point in self._points:
            for place in point.places:
                lines = source.lines(place.offset)[:1] if place.instance == instance else ()
                found |= {line.line: marker(point) for line in lines if line.file == file}
        return tuple(found.items())

    def line_text(self, line: Line) -> str:
        """`12  sum += x;`, or without the text where the file isn't there."""
        text = self.source(0).files.text(line.file)
        if text is None or not 0 < line.line <= len(text.lines):
            return f"{base(line.file)}:{line.line}"
        return f"{base(line.file)}:{line.line}  {text.lines[line.line - 1].strip()}"
