"""Where a variable is, as native code finds it: DWARF expressions made into typed nodes.

The same that `locations` computes at a cursor, here for every time that an instruction is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from elftools.dwarf.dwarf_expr import DWARFExprOp

from debugger.source.faults import DamagedError
from debugger.source.locations import NowhereError, split_pieces
from debugger.source.unit import Unit
from gabagool.native.nodes import Binary, Const, Node, Read, Unary
from gabagool.types import F32, F64, I32, I64

_WORD = (1 << 64) - 1
_ADDRESS = (1 << 32) - 1
_BINARY = {"and": "&", "or": "|", "xor": "^", "plus": "+", "minus": "-", "mul": "*", "shl": "<<",
           "shra": ">>", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNARY = {"neg": "-", "not": "~"}
_MOST_OPS = 200


class Sights(Protocol):
    """What native code sees at an instruction: CommandError for what there isn't."""

    def local(self, index: int) -> Node: ...

    def operand(self, index: int) -> Node:
        """Counted from the bottom of the frame's operand stack."""

    def global_(self, index: int) -> Node: ...

    def name(self, text: str) -> Node:
        """A wasm local or global by name, or what is written at a write."""

    def frame(self) -> Sights:
        """What the base of the frame is computed from."""


@dataclass(frozen=True, slots=True)
class Spot:
    """In memory at `address`; or only a value, of which the first bytes count; or in `parts`, each
    of so many bytes."""

    address: Node | None = None
    value: Node | None = None
    parts: tuple[tuple[Spot, int], ...] = ()


def number(value: int) -> Const:
    return Const(I64, value & _WORD)


def plus(node: Node, value: int) -> Node:
    """A sum, computed where that can be done."""
    if isinstance(node, Const):
        return number(node.bits + value)
    return Binary(I64, "+", node, number(value)) if value else node


def masked(node: Node, bits: int) -> Node:
    """The lowest bits as an unsigned number."""
    if isinstance(node, Const) and node.type == I64:
        return number(node.bits & (1 << bits) - 1)
    return Binary(I64, "&", node, number((1 << bits) - 1))


def spot(unit: Unit, ops: Sequence[DWARFExprOp] | None, sights: Sights,
         base: Sequence[DWARFExprOp] | None) -> Spot:
    """Where a value is by its expression; `base` is the expression of the frame's base.

    NowhereError where it is nowhere, or where only the cursor can tell.
    """
    if not ops:
        raise NowhereError("optimized out")
    parts = split_pieces(ops)
    if not parts:
        return _Follower(unit, sights, base).spot(ops)
    if not all(piece for piece, _ in parts):
        raise NowhereError("partly optimized out")
    return Spot(parts=tuple((_Follower(unit, sights, base).spot(piece), size)
                            for piece, size in parts))


class _Follower:
    def __init__(self, unit: Unit, sights: Sights, base: Sequence[DWARFExprOp] | None) -> None:
        self._unit, self._sights, self._base = unit, sights, base
        self._stack: list[Node] = []

    def spot(self, ops: Sequence[DWARFExprOp]) -> Spot:
        if len(ops) > _MOST_OPS:
            raise DamagedError("the expression of a location is too long")
        if ops[0].op_name == "DW_OP_implicit_value":
            return Spot(value=number(int.from_bytes(bytes(ops[0].args[0])[:8], "little")))
        held = len(ops) == 1 and ops[0].op_name == "DW_OP_WASM_location"
        held |= any(op.op_name == "DW_OP_stack_value" for op in ops)
        for op in ops:
            self._do(op.op_name.removeprefix("DW_OP_"), op.args)
        top = self._pop()
        return Spot(value=top) if held else Spot(address=masked(top, 32))

    def _pop(self) -> Node:
        if not self._stack:
            raise DamagedError("the expression of a location takes more than there is")
        return self._stack.pop()

    def _do(self, name: str, args: Sequence[int]) -> None:
        if name in _BINARY:
            right, left = self._pop(), self._pop()
            self._push(Binary(I64, _BINARY[name], left, right))
        elif name in _UNARY:
            self._push(Unary(I64, _UNARY[name], self._pop()))
        elif name.startswith("lit"):
            self._push(number(int(name[3:])))
        elif name in ("addr", "addrx") or (name.startswith("const") and name != "const_type"):
            self._push(number(self._unit.indexed_address(args[0]) if name == "addrx" else args[0]))
        elif name == "plus_uconst":
            self._push(plus(self._pop(), args[0]))
        elif name == "fbreg":
            self._push(masked(plus(self._frame_base(), args[0]), 32))
        elif name == "WASM_location":
            self._push(self._wasm(*args))
        elif name in ("deref", "deref_size"):
            self._push(self._read(args[0] if args else 4))
        elif name in ("dup", "over", "pick"):
            self._pick(args[0] if args else int(name == "over"))
        elif name == "drop":
            self._pop()
        elif name == "swap":
            self._stack += [self._pop(), self._pop()]
        elif name not in ("stack_value", "nop"):
            raise NowhereError("in a place that only the cursor can tell")

    def _push(self, node: Node) -> None:
        self._stack.append(node)

    def _pick(self, index: int) -> None:
        if index >= len(self._stack):
            raise DamagedError("the expression of a location takes more than there is")
        self._push(self._stack[-1 - index])

    def _read(self, size: int) -> Node:
        layout = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}.get(size)
        if layout is None:
            raise NowhereError("not available")
        return Read(I64, layout, masked(self._pop(), 32))

    def _frame_base(self) -> Node:
        if not self._base:
            raise NowhereError("not available")
        found = _Follower(self._unit, self._sights.frame(), None).spot(self._base)
        node = found.address if found.value is None else found.value
        assert node is not None
        return node

    def _wasm(self, kind: int, index: int) -> Node:
        """Floats stay what they are; integers are unsigned here."""
        found = (self._sights.local(index) if kind == 0 else self._sights.operand(index)
                 if kind == 2 else self._sights.global_(index))
        if found.type in (F32, F64, I64):
            return found
        if found.type != I32:
            raise NowhereError("not available")
        return masked(found, 32)
