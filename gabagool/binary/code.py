"""Code entries (spec §5.5.13): where they lie, and their locals.

The instructions themselves are read lazily: by `valid.body` to run them, by `instrs` to show them.
"""

from __future__ import annotations

from array import array

from gabagool.binary.instrs import END, read_instr
from gabagool.binary.leb import short_u32
from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError
from gabagool.syntax import Funcs
from gabagool.types import ValType

_MAX_LOCALS = (1 << 32) - 1


def read_entries(r: Reader) -> Funcs:
    """The code entries at the cursor, without their types yet."""
    starts, ends = array("I"), array("I")
    source, last, count = r.source, len(r.source), r.u32()
    if r.scanner is not None:
        r.pos = r.scanner.bodies(source, r.pos, last, count, starts, ends)
    for _ in range(count - len(starts)):
        at = r.pos
        try:
            size, start = short_u32(source, at)
        except IndexError:
            start = 0
        end = start + size if start else 0
        if start < end <= last and source[end - 1] == END:
            r.pos = end
        else:
            start, end = read_entry(r)
        starts.append(start)
        ends.append(end)
    return Funcs(array("I"), starts, ends)


def read_entry(r: Reader) -> tuple[int, int]:
    """Start and end of the code entry at the cursor, which goes past it.

    An entry that doesn't stop with `end` is malformed; that much is known without decoding it.
    """
    size = r.length()
    start = r.pos
    r.pos = end = start + size
    if not size or r.source[end - 1] != END:
        raise _fault(r.source, start, end)
    return start, end


def _fault(source: bytes, start: int, end: int) -> MalformedError:
    """The first thing wrong with an entry that is: its size comes last (cf. `Reader`)."""
    r = Reader(source, start, end)
    try:
        read_locals(r)
        while r.pos < end:
            read_instr(r)
    except MalformedError as error:
        return error
    return unterminated(source, end)


def read_locals(r: Reader) -> tuple[tuple[int, ValType], ...]:
    """The locals at the start of an entry, run-length encoded as they stand there."""
    start = r.pos
    groups = []
    total = 0
    for _ in range(r.u32()):
        count = r.u32()
        groups.append((count, r.valtype()))
        total += count
    if total > _MAX_LOCALS:
        raise r.error("too many locals", start)
    return tuple(groups)


def unterminated(source: bytes, end: int) -> MalformedError:
    """What is wrong, in the suite's words, with an entry that stops at `end` without an `end`."""
    if end >= len(source):
        return MalformedError("unexpected end of section or function", len(source))
    if source[end] == END:
        return MalformedError("section size mismatch", end)
    return MalformedError("END opcode expected", end)
