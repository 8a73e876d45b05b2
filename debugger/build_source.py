"""The source level of a stopped machine: frames with inlined ones, variables, source views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from debugger.breakpoints import Breakpoints, marker
from debugger.exchange import CommandError
from debugger.source import carithmetic, cexpr, kinds
from debugger.source.faults import DamagedError
from debugger.source.program import Line, NowhereError, Source, Variable, base
from debugger.source.values import Held, Shower
from debugger.symbols import Symbols
from debugger.values import short_value
from debugger.views import SourceView, Value
from gabagool import Frame, Machine

_FRAMES_AT_ONCE = 64
_MOST_ARGUMENTS = 12    # frames of a view whose arguments are shown by name


@dataclass(frozen=True, slots=True)
class Level:
    """A frame as the source has it: the machine's frame, how far up that is, and how many calls
    inlined into it lie between it and its innermost line. `line` is None where unknown."""

    frame: Frame
    machine_level: int
    inlined: int
    line: Line | None


class MachineFrame:
    """A call frame as locations see it."""

    def __init__(self, machine: Machine, level: int) -> None:
        self._machine = machine
        self._level = level
        self._frame = machine.frames(1, level)[0]
        self._locals: list[int] | None = None
        self._operands: list[int] | None = None

    def local(self, index: int) -> int | None:
        if self._locals is None:
            self._locals = [bits for _, bits in self._machine.locals(self._level)]
        return _item(self._locals, index)

    def operand(self, index: int) -> int | None:
        if self._operands is None:
            self._operands = [bits for _, bits in self._machine.operands(self._level)]
        return _item(self._operands, index)

    def global_(self, index: int) -> int | None:
        store = self._machine.store
        found = store.instances[self._frame.instance].globals
        return store.globals[found[index]].bits if 0 <= index < len(found) else None

    def read(self, address: int, size: int) -> bytes:
        memories = self._machine.store.memories
        if not memories or not 0 <= address <= address + size <= memories[0].size:
            raise CommandError(f"there is no memory at {address:#x}")
        return memories[0].read(address, size)


def _item(values: list[int], index: int) -> int | None:
    return values[index] if 0 <= index < len(values) else None


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
        source, frame = self.source(level.frame.instance), level.frame
        access = MachineFrame(self._machine, level.machine_level)
        if source.dwarf is None:
            raise CommandError("the program brings no debug info on variables")

        def lookup(name: str) -> Held | None:
            if name.startswith("$"):
                bits = read_wasm.get(name)
                return None if bits is None else carithmetic.constant(kinds.LONG_LONG, bits)
            found = source.variable(name, frame.offset, level.inlined)
            try:
                return None if found is None else source.held(found, frame.offset, access)
            except NowhereError as error:
                raise CommandError(f"{name} is {error} here") from None

        def named(word: str, name: str) -> kinds.Type | None:
            return source.named_type(word, name, frame.offset)

        try:
            held = cexpr.evaluate(text, lookup, named, access.read)
            return held, Shower(access.read).show(held)
        except CommandError:
            raise
        except (DamagedError, Exception) as error:
            source.faults.note("expression", error)
            raise CommandError(source.notice) from error

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
