"""What names in a condition mean at an instruction, or at a write: places in the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.expression import TYPES, Scope, named, typed
from debugger.parsing import parse
from debugger.symbols import Symbols
from debugger.views import Value
from gabagool import Machine, Position
from gabagool.native.layout import Header
from gabagool.native.nodes import FRAME, GLOBAL, NEW, OLD, Depth, Node, Place
from gabagool.runtime.compiled import Compiled
from gabagool.types import I32, I64, V128, ValType, slots_of, valtype_name
from gabagool.valid.lowered import Lowered

_SLOT = 8


@dataclass(frozen=True, slots=True)
class Written:
    """What a write condition may name: the type of old and new, and a name that means new."""

    type: ValType | None
    name: str = ""


class PlaceScope:
    """Names at an instruction: locals and operands of its function, globals of its instance.

    With `written`, at a write. Without `position`, anywhere: there are no locals then.
    """

    def __init__(self, machine: Machine, symbols: Symbols, position: Position | None,
                 written: Written | None = None) -> None:
        self._machine = machine
        self._symbols = symbols
        self._position = position
        self._written = written
        self._instance = position.instance if position else 0

    def depth(self) -> Node:
        return Depth()

    def memory(self, index: int) -> int:
        if index >= len(self._machine.store.memories):
            raise CommandError(f"there is no memory {index}")
        return index

    def name(self, text: str) -> Node:
        written = self._written
        if written is not None:
            if text in ("old", "new"):
                if written.type is None:
                    raise CommandError("old and new are for locations of 1, 2, 4 or 8 bytes")
                return Place(written.type, OLD if text == "old" else NEW, 0)
            if written.name and text.lstrip("$") == written.name.lstrip("$"):
                return self.name("new")
        locals_ = self._locals()
        globals_ = self._globals()
        try:
            found = named(text, [value for value, _ in locals_], [v for v, _ in globals_])
        except CommandError as error:
            if self._position is None and text.lstrip("$").isalnum():
                raise CommandError(f"{error}; what happens in many functions can't name their "
                                   "locals") from None
            raise
        return next(node for value, node in (*locals_, *globals_) if value is found)

    def stack(self, index: int) -> Node:
        if self._position is None or self._written is not None:
            raise CommandError("stack() is for breakpoints on instructions")
        lowered = self._lowered()
        types = self._compiled().operands(self._position.funcidx, self._position.offset)
        if not 0 <= index < len(types):
            raise CommandError(f"the operand stack has {len(types)} values there, so there is no "
                               f"number {index}")
        below = types[:len(types) - 1 - index]
        at = lowered.header + Header.SIZE + _SLOT * sum(map(slots_of, below))
        return _node(types[-1 - index], FRAME, at)

    def global_(self, index: int) -> Node:
        globals_ = self._globals()
        if not 0 <= index < len(globals_):
            raise CommandError(f"there are {len(globals_)} globals, so there is no number {index}")
        return globals_[index][1]

    def _compiled(self) -> Compiled:
        return self._machine.store.instances[self._instance].compiled

    def _lowered(self) -> Lowered:
        assert self._position is not None
        return self._compiled().lowered(self._position.funcidx)

    def _locals(self) -> list[tuple[Value, Node]]:
        if self._position is None:
            return []
        names = self._symbols.instances[self._instance].names.locals.get(
            self._position.funcidx, {})
        found, at = [], 0
        for i, type_ in enumerate(self._lowered().locals):
            found.append(placed(f"${names.get(i, i)}", type_, FRAME, at))
            at += _SLOT * slots_of(type_)
        return found

    def _globals(self) -> list[tuple[Value, Node]]:
        inst = self._machine.store.instances[self._instance]
        names = self._symbols.instances[self._instance].global_names
        found = []
        for i, addr in enumerate(inst.globals):
            each = self._machine.store.globals[addr]
            found.append(placed(names[i], each.type.valtype, GLOBAL, each.offset))
        return found


def placed(name: str, type_: ValType, where: str, offset: int) -> tuple[Value, Node]:
    """A name, and where what it means lies."""
    return Value(name, valtype_name(type_), "", 0), _node(type_, where, offset)


def _node(type_: ValType, where: str, offset: int) -> Node:
    """References are compared as 64 bits; vectors have no arithmetic."""
    if type_ == V128:
        return Place(V128, where, offset)
    return Place(type_ if type_ in TYPES.values() else I64, where, offset)


def condition(text: str, scope: Scope) -> Node | None:
    """A condition, or None for no text."""
    if not text.strip():
        return None
    node = typed(parse(text), scope)
    if node.type not in TYPES.values():
        raise CommandError("a vector is neither true nor false")
    return node


def width_type(size: int) -> ValType | None:
    """The type as which conditions see `size` bytes; None if they can't."""
    return {1: I32, 2: I32, 4: I32, 8: I64}.get(size)


def values(texts: Sequence[str], scope: Scope) -> tuple[Node, ...]:
    """Expressions whose values are to be logged."""
    nodes = tuple(typed(parse(text), scope) for text in texts)
    if any(node.type not in TYPES.values() for node in nodes):
        raise CommandError("a vector can't be printed here")
    return nodes
