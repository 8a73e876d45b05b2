"""Where a variable is: DWARF expressions, computed over a frame's locals, globals and operands.

What compilers emit for wasm is covered: DW_OP_WASM_location (locals, globals, operands), fbreg,
addr, arithmetic, deref, pieces, values. Anything else makes a variable "not available".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from elftools.dwarf.dwarf_expr import DWARFExprOp

from debugger.source.faults import DamagedError
from debugger.source.unit import Unit

_MASK = (1 << 64) - 1
_MOST_OPS = 1000
_MOST_BYTES = 1 << 20
_WORD = 8               # bytes of a value that isn't in memory


class Frame(Protocol):
    """One call frame as expressions see it. Bits are None where there is no such thing."""

    def local(self, index: int) -> int | None: ...

    def global_(self, index: int) -> int | None: ...

    def operand(self, index: int) -> int | None:
        """Counted from the bottom of the frame's operand stack."""

    def read(self, address: int, size: int) -> bytes:
        """Bytes of memory 0; an exception outside of it."""


class NowhereError(Exception):
    """The variable has no value here; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """In memory at `address`, or (None) only a value: `data`, of which the first bytes count."""

    address: int | None
    data: bytes = b""


_BINARY: dict[str, Callable[[int, int], int]] = {
    "and": operator.and_, "or": operator.or_, "xor": operator.xor, "plus": operator.add,
    "minus": operator.sub, "mul": operator.mul,
    "shl": lambda a, b: a << min(b, 64), "shr": lambda a, b: a >> min(b, 64),
    "shra": lambda a, b: _signed(a) >> min(b, 64),
    "div": lambda a, b: int(_signed(a) / _signed(b)) if _signed(b) else _undefined(),
    "mod": lambda a, b: a % b if b else _undefined(),
    "eq": lambda a, b: _signed(a) == _signed(b), "ne": lambda a, b: _signed(a) != _signed(b),
    "lt": lambda a, b: _signed(a) < _signed(b), "le": lambda a, b: _signed(a) <= _signed(b),
    "gt": lambda a, b: _signed(a) > _signed(b), "ge": lambda a, b: _signed(a) >= _signed(b),
}
_UNARY: dict[str, Callable[[int], int]] = {
    "neg": lambda a: -a, "not": lambda a: ~a, "abs": lambda a: abs(_signed(a)),
}


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _undefined() -> int:
    raise NowhereError("not available")


def locate(unit: Unit, ops: Sequence[DWARFExprOp] | None, frame: Frame,
           base: Sequence[DWARFExprOp] | None) -> Place:
    """Where a value is by its expression; `base` is the expression of the frame's base.

    NowhereError where it is nowhere, DamagedError for an expression that makes no sense.
    """
    if not ops:
        raise NowhereError("optimized out")
    parts = split_pieces(ops)
    if not parts:
        return _Computer(unit, frame, base).place(ops)
    return _pieced(unit, parts, frame, base)


def split_pieces(ops: Sequence[DWARFExprOp]) -> list[tuple[Sequence[DWARFExprOp], int]]:
    """The expressions of pieces, and the bytes of each; empty for what is in one piece."""
    parts: list[tuple[Sequence[DWARFExprOp], int]] = []
    start = 0
    for i, op in enumerate(ops):
        if op.op_name == "DW_OP_piece":
            parts.append((ops[start:i], int(op.args[0])))
            start = i + 1
    return parts


def _pieced(unit: Unit, parts: list[tuple[Sequence[DWARFExprOp], int]], frame: Frame,
            base: Sequence[DWARFExprOp] | None) -> Place:
    """Pieces in different places are put together to a value."""
    data = b""
    for ops, size in parts:
        if not ops:
            raise NowhereError("partly optimized out")
        if size > _MOST_BYTES:
            raise DamagedError("a piece of a variable is too large")
        place = _Computer(unit, frame, base).place(ops)
        piece = place.data if place.address is None else frame.read(place.address, size)
        data += piece[:size].ljust(size, b"\0")
    return Place(None, data)


class _Computer:
    def __init__(self, unit: Unit, frame: Frame, base: Sequence[DWARFExprOp] | None) -> None:
        self._unit = unit
        self._frame = frame
        self._base = base
        self._stack: list[int] = []

    def place(self, ops: Sequence[DWARFExprOp]) -> Place:
        """What an expression without pieces says."""
        if len(ops) > _MOST_OPS:
            raise DamagedError("the expression of a location is too long")
        if ops[0].op_name == "DW_OP_implicit_value":
            return Place(None, bytes(ops[0].args[0]))
        held = len(ops) == 1 and ops[0].op_name == "DW_OP_WASM_location"    # like a register
        value = False
        for op in ops:
            if op.op_name == "DW_OP_stack_value":
                value = True
            else:
                self._do(op)
        if not self._stack:
            raise NowhereError("not available")
        top = self._stack[-1] & _MASK
        if held or value:
            return Place(None, top.to_bytes(_WORD, "little"))
        return Place(top & 0xFFFFFFFF if top >> 32 == 0xFFFFFFFF else top)

    def _pop(self) -> int:
        if not self._stack:
            raise DamagedError("the expression of a location takes more than there is")
        return self._stack.pop()

    def _do(self, op: DWARFExprOp) -> None:
        name, args = op.op_name.removeprefix("DW_OP_"), op.args
        if name in _BINARY:
            right, left = self._pop(), self._pop()
            self._push(int(_BINARY[name](left, right)))
        elif name in _UNARY:
            self._push(_UNARY[name](self._pop()))
        elif name.startswith("lit"):
            self._push(int(name[3:]))
        elif name.startswith("const") and name != "const_type":
            self._push(args[0])
        else:
            special = getattr(self, f"_op_{name}", None)
            if special is None:
                raise NowhereError("not available")
            special(*args)

    def _push(self, value: int) -> None:
        self._stack.append(value & _MASK)

    def _op_addr(self, address: int) -> None:
        self._push(address)

    def _op_addrx(self, index: int) -> None:
        self._push(self._unit.indexed_address(index))

    def _op_plus_uconst(self, value: int) -> None:
        self._push(self._pop() + value)

    def _op_dup(self) -> None:
        self._push(self._stack[-1] if self._stack else self._pop())

    def _op_drop(self) -> None:
        self._pop()

    def _op_swap(self) -> None:
        right, left = self._pop(), self._pop()
        self._stack += [right, left]

    def _op_over(self) -> None:
        self._op_pick(1)

    def _op_pick(self, index: int) -> None:
        if index >= len(self._stack):
            raise DamagedError("the expression of a location takes more than there is")
        self._push(self._stack[-1 - index])

    def _op_nop(self) -> None:
        pass

    def _op_deref(self) -> None:
        self._op_deref_size(4)

    def _op_deref_size(self, size: int) -> None:
        data = self._frame.read(self._pop(), size)
        self._push(int.from_bytes(data, "little"))

    def _op_fbreg(self, offset: int) -> None:
        if not self._base:
            raise NowhereError("not available")
        place = _Computer(self._unit, self._frame, None).place(self._base)
        base = place.address
        if base is None:
            base = int.from_bytes(place.data[:4], "little")
        self._push((base + offset) & 0xFFFFFFFF)

    def _op_WASM_location(self, kind: int, index: int) -> None:
        frame = self._frame
        found = (frame.local(index) if kind == 0 else frame.operand(index) if kind == 2
                 else frame.global_(index))
        if found is None:
            raise NowhereError("not available")
        self._push(found)
