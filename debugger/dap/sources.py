"""Where code stands, for an editor: a line of a source file where that is known and found, else of
a function's disassembly, each of which is a source of its own.

All that knows of lines is here: a `Spot` and back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from debugger.codemap import Instruction
from debugger.dap.arguments import Arguments
from debugger.exchange import CommandError
from debugger.session import Session
from debugger.source.files import base

_HEADER = 1             # lines before a function's first instruction
_UNSAFE = re.compile(r"[^\w.+-]+")
_PATH = re.compile(r"(?P<program>.*)/(?P<funcidx>\d+)-[^/]*\.wat")
_FILES = 1 << 30        # references from here on are source files that the debug info brings


@dataclass(frozen=True, slots=True)
class Spot:
    """A line (from 0) of a source, as the protocol describes sources. The column counts from 0,
    too; -1 where it isn't known."""

    source: Mapping[str, object]
    line: int
    column: int = -1


class Sources:
    """The sources of one program. The reference of a function's disassembly is its index + 1."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._code = session.instructions
        self._program = session.program
        self._files: dict[str, dict[str, object] | None] = {}
        self._brought: list[str] = []       # files without a path here, by their reference

    # -- source files ------------------------------------------------------------------------

    def of_file(self, file: str) -> dict[str, object] | None:
        """A file as it was recorded; None where its text isn't found."""
        if file not in self._files:
            self._files[file] = self._described(file)
        return self._files[file]

    def _described(self, file: str) -> dict[str, object] | None:
        path = self._session.source_text(file)
        if path is None:
            return None
        if path:
            return {"name": base(file), "path": path}
        self._brought.append(file)
        return {"name": base(file), "path": file, "origin": "source map",
                "sourceReference": _FILES + len(self._brought) - 1}

    def every(self) -> list[dict[str, object]]:
        """Source files that are found, and all functions."""
        files = [self.of_file(name) for name in self._session.source_files()]
        return [*(each for each in files if each is not None),
                *(self.of_function(funcidx) for funcidx in self._code.functions)]

    def file(self, source: Arguments) -> str | None:
        """The recorded file that a source is; None for a disassembly.

        CommandError for a file that the debug info doesn't know.
        """
        reference, path = source.integer("sourceReference", 0), source.text("path", "")
        if reference >= _FILES:
            if reference - _FILES >= len(self._brought):
                raise CommandError("there is no such source")
            return self._brought[reference - _FILES]
        if reference > 0 or self._funcidx(path) is not None or not self._session.has_source:
            return None
        named = path or source.text("name", "")
        found = self._session.find_source(named)
        if found is None:
            raise CommandError(f"no code of {self._program} comes from {named or 'this source'}")
        return found

    # -- disassemblies -----------------------------------------------------------------------

    def of_function(self, funcidx: int) -> dict[str, object]:
        name = self._code.name(funcidx)
        safe = _UNSAFE.sub("_", name)[:80]
        return {"name": f"{name} (func {funcidx})", "sourceReference": funcidx + 1,
                "path": f"{self._program}/{funcidx}-{safe}.wat", "origin": "disassembly"}

    def of_instruction(self, instruction: Instruction) -> Spot:
        """Its line in the disassembly of its function."""
        return Spot(self.of_function(instruction.funcidx), instruction.row + _HEADER)

    def _funcidx(self, path: str) -> int | None:
        match = _PATH.fullmatch(path)
        if match and match["program"].rpartition("/")[2] == self._program:
            return int(match["funcidx"][:9])
        return None

    def function(self, source: Arguments) -> int:
        """The function whose disassembly a source is."""
        reference, path = source.integer("sourceReference", 0), source.text("path", "")
        funcidx = reference - 1 if reference > 0 else self._funcidx(path)
        if funcidx is None:
            named = path or source.text("name", "this source")
            raise CommandError(f"{self._program} has no line table for {named}; stop at a "
                               "function, or at a line of its disassembly")
        if funcidx not in self._code.functions:
            raise CommandError(f"{self._program} has no func[{funcidx}] with instructions")
        return funcidx

    # -- both --------------------------------------------------------------------------------

    def spot(self, offset: int, code: bool = False) -> Spot | None:
        """Where the instruction at a byte offset stands; with `code` in the disassembly."""
        line = None if code else self._session.line_of(offset)
        source = None if line is None or not line.line else self.of_file(line.file)
        if line is not None and source is not None:
            return Spot(source, line.line - 1, line.column - 1)
        found = self._code.at(offset)
        return None if found is None else self.of_instruction(found)

    def of_line(self, file: str, line: int) -> Spot | None:
        """A line (from 1) of a recorded file; None where that isn't found."""
        source = self.of_file(file) if file and line else None
        return None if source is None else Spot(source, line - 1)

    def text(self, source: Arguments) -> str:
        """A source's content."""
        file = self.file(source)
        if file is not None:
            return "\n".join([*self._session.source_lines(file), ""])
        funcidx = self.function(source)
        lines = self._code.function(funcidx)
        head = f";; func[{funcidx}] {self._code.name(funcidx)}  {self._code.signature(funcidx)}"
        return "\n".join([head, *("  " * line.depth + line.text for line in lines), ""])

    def places(self, source: Arguments, line: int) -> list[int]:
        """Offsets of the instructions at which a breakpoint on a line (from 0) stops: there, or at
        the next line that has some."""
        file = self.file(source)
        if file is not None:
            return [offset for _, offset in self._session.source_code_lines(file, line + 1)]
        found = self._code.steppable_from(self.function(source), line - _HEADER)
        if found is None:
            raise CommandError("nothing executes on this line or after it")
        return [found.offset]

    def spec(self, source: Arguments, line: int) -> str:
        """What `break` takes for a line (from 0)."""
        file = self.file(source)
        return f"*{self.places(source, line)[0]:#x}" if file is None else f"{file}:{line + 1}"

    def lines(self, source: Arguments, first: int, last: int) -> list[int]:
        """Lines (from 0) of a range at which the program can stop."""
        file = self.file(source)
        if file is not None:
            return [line - 1 for line in self._session.code_lines(file, first + 1, last + 1)]
        function = self._code.function(self.function(source))
        return [line.row + _HEADER for line in function
                if line.steppable and first <= line.row + _HEADER <= last]
