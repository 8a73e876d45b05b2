"""Frozen data for code and source, as `debugger.views` has it for the other panels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of disassembly. `offset` is the byte offset in the module, -1 for none.

    `steppable` is False for structure (block, loop, else, end), which no step stands for.
    `breakpoint` is '' (none), 'on', 'off', 'if' (with a condition) or 'log'; `count` is
    executions so far, None if not known.
    """

    offset: int
    depth: int
    mnemonic: str
    operands: str
    steppable: bool = True
    current: bool = False
    breakpoint: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class CodeView:
    """Disassembly of one function; `current` is the index in `lines` of the cursor, or -1."""

    instance: int
    funcidx: int
    name: str
    signature: str
    lines: tuple[CodeLine, ...]
    current: int


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source file. `file` is its path as compilers recorded it, `path` where it was found ('' if
    it wasn't; then `missing` says what to do).

    Lines count from 1: `current` is the selected frame's (0: it is elsewhere), `top` the one to
    show, `breaks` pairs of a line and a marker as in CodeLine. `notice` tells of damaged debug
    info.
    """

    file: str
    path: str
    lines: tuple[str, ...]
    current: int
    breaks: tuple[tuple[int, str], ...]
    top: int
    missing: str = ""
    notice: str = ""
