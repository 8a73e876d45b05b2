"""What one row of THE instruction table is; imported by the row files and everything that derives.

A row says how an instruction is spelled and encoded (spec §5.4), its type signature (§3.4) and, in
one or more *forms*, what it does (§4.6). A form is one word of lowered code: a handler in native
code plus fixed-size fields. Most rows have one form; branches have one per way of moving values.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cached_property
from typing import Any

from gabagool.records import dataclass
from gabagool.types import ValType

# `sem(e, *operands)` receives the emitter of `native.emitter` and SSA operands; isa never
# imports it, so that decoding and disassembly do without LLVM.
Semantic = Callable[..., Any]

# How a form takes part in execution.
VALUE = "value"        # operands in, results out, nothing else changes
EFFECT = "effect"      # changes locals, globals or memory
CONTROL = "control"    # decides itself where execution goes on
SERVICE = "service"    # leaves native code; `runtime.services` carries it out

# Units: object files of handlers beside the main one (see `Form.unit`).
VECTOR = "vector"
GC = "gc"

# Field kinds: letter of `struct`, and what threading puts in its place for an instance.
FIELD = {
    "slot": "I",       # byte offset from the frame pointer
    "u32": "I",
    "disp": "i",       # byte displacement of the target from this word
    "u64": "Q",
    "bits128": "16s",
    "func": "I",       # function index → store address
    "self": "I",       # store address of the function this code belongs to
    "global": "I",     # global index → byte offset in the globals region
    "type": "I",       # type index → canonical type id of the store
    "table": "I",      # table index → store address
    "mem": "I",        # memory index → store address
    "tag": "I",        # tag index → store address
}


@dataclass(frozen=True)
class Form:
    """One lowered operation: `fields` follow the 8-byte handler word in order."""

    name: str
    kind: str
    fields: tuple[tuple[str, str], ...]
    sem: Semantic | None
    params: tuple[ValType, ...] = ()
    results: tuple[ValType, ...] = ()
    traps: bool = False
    steps: int = 1
    pops: int = 0          # operand slots popped, where `params` does not tell
    writes: bool = False   # writes linear memory: has a watching variant
    reads: bool = False    # reads linear memory: has a reading variant
    frames: bool = False   # pushes, replaces or pops a frame: has a tracing variant
    unit: str = ""         # the object file its handler is in, loaded when first needed

    @cached_property
    def format(self) -> str:
        """`struct` format of the whole word sequence, padded to 8 bytes, at least 16."""
        text = "<Q"
        size = 8
        for _, kind in self.fields:
            letter = FIELD[kind]
            width = struct.calcsize("<" + letter)
            pad = -size % min(width, 8)
            text += f"{pad}x" * bool(pad) + letter
            size += pad + width
        pad = max(16 - size, -size % 8)
        return text + f"{pad}x" * bool(pad)

    @cached_property
    def size(self) -> int:
        return struct.calcsize(self.format)

    def offset_of(self, field: str) -> int:
        """Byte offset of a field from the handler word."""
        size = 8
        for name, kind in self.fields:
            width = struct.calcsize("<" + FIELD[kind])
            size += -size % min(width, 8)
            if name == field:
                return size
            size += width
        raise KeyError(field)


@dataclass(frozen=True, slots=True)
class Row:
    """One instruction. `opcode` is its byte, or prefix << 16 | suboperation for prefixed ones.

    `imms` are the kinds of its immediates in binary order: localidx globalidx funcidx typeidx
    typeuse(a typeidx) tableidx memidx dataidx elemidx tagidx fieldidx labelidx labelidxs(br_table)
    tryidx(a label that is not branched to) catches(try_table) blocktype valtypes heaptype
    ref refnull(heap types of references without or with null) cast(two reference types and a
    label) memarg i32 i64 f32 f64 v128 u32 lane2 … lane16 (a lane of so many) lanes32 (16 lanes of
    32).
    `rule` names the validator's rule; '' means the fixed signature `params → results` is all
    there is to check. `align` is the natural alignment of a memarg.
    """

    mnemonic: str
    opcode: int
    imms: tuple[str, ...]
    params: tuple[ValType, ...]
    results: tuple[ValType, ...]
    rule: str
    forms: tuple[Form, ...]
    align: int = 0
    const: bool = False

    @property
    def form(self) -> Form:
        """The only (or plain) form."""
        return self.forms[0]


def prefixed(prefix: int, sub: int) -> int:
    return prefix << 16 | sub


def simple(mnemonic: str, opcode: int, params: tuple[ValType, ...], results: tuple[ValType, ...],
           sem: Semantic, *, traps: bool = False, kind: str = VALUE) -> Row:
    """A row without immediates whose signature says everything."""
    form = Form(mnemonic, kind, (("slot", "slot"),), sem, params, results, traps)
    return Row(mnemonic, opcode, (), params, results, "", (form,))
