"""The part of a session that looks into values of the source, changes them, and finds lines for
editors."""

from __future__ import annotations

import os
import struct

from debugger.edit import EQUALS
from debugger.exchange import Arrival, CommandError
from debugger.literals import is_quoted, quoted
from debugger.memories import Memories
from debugger.source import kinds
from debugger.source.definitions import definition
from debugger.source.files import base
from debugger.source.held import Held
from debugger.source.program import Line
from debugger.sourceframes import Level
from debugger.sourcescope import names_variables
from debugger.sourcevalues import SourceValue, stored
from debugger.sourcing import Sourcing

_VAR = ("var ", "variable ")
_FORMATS = {("float", 4): ("f32", "<f"), ("float", 8): ("f64", "<d")}


class SourceLooking(Sourcing, Memories):
    """Values as trees, assignments, and which code a line of an editor is."""

    # -- values ------------------------------------------------------------------------------

    def source_values(self, hex_: bool = False) -> list[SourceValue]:
        """The variables of the selected frame; empty without debug info."""
        with self._turn() as (_, panels):
            level = panels.source.level(self.frame)
            if level is None or level.line is None:
                return []
            return panels.source.looked(level, hex_)

    def looked_at(self, expression: str, hex_: bool = False) -> SourceValue:
        """The value of a C-like expression in the selected frame."""
        with self._turn():
            builder, level = self._sources()
            held, text = builder.evaluate(expression, level, self._wasm_values(level))
            plain = SourceValue(expression, expression, "?", text)
            return builder.source(level.frame.instance).faults.attempt(
                expression, lambda: builder.looker(level).value(expression, expression, held, hex_),
                plain)

    def inside(self, value: SourceValue, first: int, count: int, hex_: bool = False
               ) -> list[SourceValue]:
        """Some of what is inside of a value of this cursor."""
        with self._turn():
            builder, level = self._sources()
            none: list[SourceValue] = []
            return builder.source(level.frame.instance).faults.attempt(
                value.name, lambda: builder.looker(level).inside(value, first, count, hex_), none)

    def source_type(self, text: str, whole: bool = False) -> str:
        """The type of an expression in the selected frame, or that a text names; `whole`: all of
        its definition."""
        with self._turn():
            builder, level = self._sources()
            found = builder.type_meant(text, level, self._wasm_values(level))
            if not whole:
                return kinds.spelled(found)
            return builder.source(level.frame.instance).faults.attempt(
                "types", lambda: definition(found), kinds.spelled(found))

    # -- assignments -------------------------------------------------------------------------

    def edit(self, text: str) -> Arrival:
        """`LOCATION = VALUE`, of the source where it names a variable, else of wasm."""
        fault: CommandError | None = None
        with self._turn():
            try:
                meant = self._assignment(text)
            except CommandError as error:
                meant, fault = None, error
            try:
                return super().edit(meant or text)
            except CommandError as error:
                raise fault or error from None

    def _assignment(self, text: str) -> str | None:
        """An assignment of the source in words of wasm; None if it is none."""
        text = text.strip()
        for word in _VAR:
            text = text.removeprefix(word).lstrip()
        match = EQUALS.search(text)
        where, value = (text[:match.start()].strip(), text[match.end():].strip()) if match else (
            "", "")
        if not value or not names_variables(where) or not self.in_source(where):
            return None
        builder, level = self._sources()
        place = builder.place(where, level)
        if place.local is not None:
            held = builder.assigned(value, place.type, level, self._wasm_values(level))
            return f"${place.local} = {_number(held, held.bytes(builder.reader(level)))[1]}"
        return self._stored(where, value, level)

    def _stored(self, where: str, value: str, level: Level) -> str:
        """In memory."""
        builder = self._sources()[0]
        wasm = self._wasm_values(level)
        held, _ = builder.evaluate(where, level, wasm)
        if kinds.bare(held.type).kind == "array" and is_quoted(value) and held.address is not None:
            size, data = kinds.size_of(held.type), quoted(value)
            if len(data) > size:
                raise CommandError(f"{value} has {len(data)} bytes, {where} only {size}")
            return _bytes(held.address, data.ljust(size, b"\0"))
        new = builder.assigned(value, held.type, level, wasm)
        address, data = stored(held, new, builder.looker(level).shower)
        if held.bits or len(data) not in (1, 2, 4, 8):
            return _bytes(address, data)
        kind, number = _number(new, data)
        return f"{kind}[{address:#x}] = {number}"

    # -- lines of an editor ------------------------------------------------------------------

    def find_source(self, path: str) -> str | None:
        """A file as it was recorded, by where it is now, or else by the longest end of its path
        that is one's alone."""
        parts = path.replace("\\", "/").split("/")
        named = {file: code.source.files for code in self._symbols().instances
                 for file in code.source.every_file() if base(file) == parts[-1]}
        for file, files in named.items():
            text = files.text(file)
            if text is not None and os.path.realpath(text.path) == os.path.realpath(path):
                return file
        return max(named, key=lambda file: _shared(parts, file.replace("\\", "/").split("/")),
                   default=None)

    def source_text(self, file: str) -> str | None:
        """Where the text of a recorded file is; '' if the debug info brings it, None if it is
        nowhere."""
        for code in self._symbols().instances:
            text = code.source.files.text(file)
            if text is not None:
                return text.path if text.path != file or os.path.isfile(file) else ""
        return None

    def source_lines(self, file: str) -> tuple[str, ...]:
        """The text of a recorded file."""
        for code in self._symbols().instances:
            text = code.source.files.text(file)
            if text is not None:
                return text.lines
        raise CommandError(self._symbols().instances[0].source.files.missing(file))

    def line_of(self, offset: int, instance: int = 0) -> Line | None:
        """The line that code belongs to."""
        lines = self._symbols().instances[instance].source.lines(offset)
        return lines[0] if lines else None

    def code_lines(self, file: str, first: int, last: int) -> list[int]:
        """Lines of a recorded file at which the program can stop."""
        return sorted({line for code in self._symbols().instances
                       for line in code.source.lines_with_code(file) if first <= line <= last})

    def places_of(self, number: int) -> tuple[int, ...]:
        """Offsets of the instructions that a breakpoint stands at."""
        with self._turn():
            return tuple(place.offset for place in self._points.get(number).places)


def _shared(one: list[str], other: list[str]) -> int:
    """How many parts at the end of two paths are the same."""
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _bytes(address: int, data: bytes) -> str:
    escaped = "".join(f"\\x{byte:02x}" for byte in data)
    return f'{address:#x}, {len(data)} = "{escaped}"'


def _number(held: Held, data: bytes) -> tuple[str, str]:
    """The type of wasm's words and the number that a value of the source is."""
    bare = kinds.bare(held.type)
    found = _FORMATS.get((bare.encoding, bare.size))
    if found is not None:
        return found[0], repr(struct.unpack(found[1], data[:bare.size])[0])
    signed = bare.encoding in ("int", "char")
    number = int.from_bytes(data[:bare.size], "little", signed=signed)
    return f"{'i' if signed else 'u'}{8 * len(data)}", str(number)
