"""Where instructions stand, for an editor: each function's disassembly is a source of its own.

All that knows of lines is here: a `Spot` and back. Source files come in beside the virtual ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from debugger.codemap import Instruction
from debugger.dap.arguments import Arguments
from debugger.exchange import CommandError
from debugger.session import Session

_HEADER = 1             # lines before a function's first instruction
_UNSAFE = re.compile(r"[^\w.+-]+")
_PATH = re.compile(r"(?P<program>.*)/(?P<funcidx>\d+)-[^/]*\.wat")


@dataclass(frozen=True, slots=True)
class Spot:
    """A line (from 0) of a source, as the protocol describes sources."""

    source: Mapping[str, object]
    line: int


class Sources:
    """The virtual sources of one program. A source's reference is its function's index + 1."""

    def __init__(self, session: Session) -> None:
        self._code = session.instructions
        self._program = session.program

    def of_function(self, funcidx: int) -> dict[str, object]:
        name = self._code.name(funcidx)
        safe = _UNSAFE.sub("_", name)[:80]
        return {"name": f"{name} (func {funcidx})", "sourceReference": funcidx + 1,
                "path": f"{self._program}/{funcidx}-{safe}.wat", "origin": "disassembly"}

    def every(self) -> list[dict[str, object]]:
        return [self.of_function(funcidx) for funcidx in self._code.functions]

    def spot(self, offset: int) -> Spot | None:
        """Where the instruction at a byte offset stands."""
        found = self._code.at(offset)
        return None if found is None else self.of_instruction(found)

    def of_instruction(self, instruction: Instruction) -> Spot:
        return Spot(self.of_function(instruction.funcidx), instruction.row + _HEADER)

    def text(self, funcidx: int) -> str:
        """A virtual source's content."""
        lines = self._code.function(funcidx)
        head = f";; func[{funcidx}] {self._code.name(funcidx)}  {self._code.signature(funcidx)}"
        return "\n".join([head, *("  " * line.depth + line.text for line in lines), ""])

    def function(self, source: Arguments) -> int:
        """The function whose disassembly a source is."""
        reference = source.integer("sourceReference", 0)
        path = source.text("path", "")
        match = _PATH.fullmatch(path)
        if reference > 0:
            funcidx = reference - 1
        elif match and match["program"].rpartition("/")[2] == self._program:
            funcidx = int(match["funcidx"][:9])
        else:
            named = path or source.text("name", "this source")
            raise CommandError(f"{self._program} has no line table for {named}; stop at a "
                               "function, or at a line of its disassembly")
        if funcidx not in self._code.functions:
            raise CommandError(f"{self._program} has no func[{funcidx}] with instructions")
        return funcidx

    def instruction(self, source: Arguments, line: int) -> Instruction:
        """What a breakpoint on a line (from 0) stops at: there, or at the next that executes."""
        funcidx = self.function(source)
        found = self._code.steppable_from(funcidx, line - _HEADER)
        if found is None:
            raise CommandError("nothing executes on this line or after it")
        return found

    def lines(self, source: Arguments, first: int, last: int) -> list[int]:
        """Lines (from 0) of a range at which the program can stop."""
        function = self._code.function(self.function(source))
        return [line.row + _HEADER for line in function
                if line.steppable and first <= line.row + _HEADER <= last]
