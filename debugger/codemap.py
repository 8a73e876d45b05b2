"""All instructions of a module in the order of the file, found by byte offset and counted over
the borders of functions: what a disassembly view pages through.

Functions are read when they are first looked at, so a module may have any size.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from debugger.exchange import CommandError
from debugger.functions import Code


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of disassembly. `offset` is its byte offset in the module, `data` its bytes.

    `row` is its place in the listing of function `funcidx`, `function` that function's name.
    `steppable` is False for structure, which no step stands for. `depth` counts the blocks it
    stands in.
    """

    offset: int
    data: bytes
    text: str
    depth: int
    funcidx: int
    function: str
    row: int
    steppable: bool


class CodeMap:
    """The instructions of one module. It never changes, so any thread may read it."""

    def __init__(self, code: Code, instance: int = 0) -> None:
        self.instance = instance
        self._code = code
        self._imported = code.imported
        self._bodies = code.module.funcs
        self.function = lru_cache(maxsize=64)(self._function)

    @property
    def functions(self) -> range:
        """Indices of the functions that have instructions."""
        return range(self._imported, self._imported + len(self._bodies))

    def name(self, funcidx: int) -> str:
        return self._code.name(funcidx)

    def signature(self, funcidx: int) -> str:
        return str(self._code.functype(funcidx))

    def _function(self, funcidx: int) -> tuple[Instruction, ...]:
        """A function's lines; CommandError if there is no such function, or if it is imported."""
        if funcidx not in self.functions:
            raise CommandError(f"func[{funcidx}] has no instructions" if 0 <= funcidx
                               < self._imported else f"there is no func[{funcidx}]")
        listing, stops = self._code.listing(funcidx), self._code.stops(funcidx)
        ends = [line.offset for line in listing[1:]]
        ends.append(self._bodies[funcidx - self._imported].end)
        source, name = self._code.module.source, self.name(funcidx)
        return tuple(Instruction(line.offset, bytes(source[line.offset:end]), line.text,
                                 line.depth, funcidx, name, row, line.offset in stops)
                     for row, (line, end) in enumerate(zip(listing, ends, strict=True)))

    def at(self, offset: int) -> Instruction | None:
        """The instruction that a byte of the module belongs to; None outside of all."""
        funcidx = self._code.holding(offset)
        if funcidx is None:
            return None
        lines = self.function(funcidx)
        row = bisect_right([line.offset for line in lines], offset) - 1
        return lines[row] if row >= 0 else None

    def window(self, offset: int, skip: int, count: int) -> list[Instruction | None]:
        """`count` lines from the one `skip` lines after (before, if negative) a byte offset.

        None stands for lines before the first function and after the last one.
        """
        found: list[Instruction | None] = []
        start = self.at(offset)
        funcidx, row = ((start.funcidx, start.row) if start is not None
                        else (self._following(offset), 0))
        row += skip
        while row < 0 and funcidx > self._imported:
            funcidx -= 1
            row += len(self._code.listing(funcidx))
        if row < 0:
            found += [None] * min(count, -row)
            row = 0
        while len(found) < count and funcidx in self.functions:
            size = len(self._code.listing(funcidx))
            if row < size:
                found += self.function(funcidx)[row:row + count - len(found)]
            row = max(0, row - size)
            funcidx += 1
        return found + [None] * (count - len(found))

    def _following(self, offset: int) -> int:
        """The first function that begins after an offset."""
        starts = [body.start for body in self._bodies]
        return self._imported + bisect_right(starts, offset)

    def steppable_from(self, funcidx: int, row: int) -> Instruction | None:
        """The first instruction from a row of a function on that a step stands for."""
        return next((line for line in self.function(funcidx)[max(0, row):] if line.steppable),
                    None)

    def named(self) -> Iterator[tuple[int, str]]:
        """(funcidx, name) of each function that has instructions."""
        for funcidx in self.functions:
            yield funcidx, self.name(funcidx)
