"""What names in a condition mean at an instruction, or at a write: places in the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.expression import TYPES, named, typed
from debugger.parsing import parse
from debugger.sourcescope import names_table, names_variables, source_node, speaks_wasm
from debugger.symbols import Symbols
from debugger.views import Value
from gabagool import Machine, Position
from gabagool.native.layout import Header
from gabagool.native.nodes import FRAME, GLOBAL, NEW, OLD, Const, Depth, Node, Place
from gabagool.runtime.compiled import Compiled
from gabagool.types import I32, I64, V128, ValType, slots_of, valtype_name
from gabagool.valid.lowered import Lowered

_SLOT = 8


@dataclass(frozen=True, slots=True)
class Written:
    """What a write condition may name: the type of old and new, and a name that means new."""

    type: ValType | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """The frame in which a location in memory was named: where it stands (`inlined` calls further
    out), and its locals by then, of which the frame's base doesn't change any more."""

    instance: int
    offset: int
    inlined: int
    locals: tuple[int, ...]


class PlaceScope:
    """Names at an instruction: locals and operands of its function, globals of its instance.

    With `written`, at a write. Without `position`, anywhere: there are no locals then, but `seen`
    is a frame whose variables in memory may be named.
    """

    def __init__(self, machine: Machine, symbols: Symbols, position: Position | None,
                 written: Written | None = None, seen: SeenFrame | None = None) -> None:
        self._machine = machine
        self._symbols = symbols
        self._position = position
        self._written = written
        self._seen = seen
        self._instance = position.instance if position else seen.instance if seen else 0

    def depth(self) -> Node:
        return Depth()

    def memory(self, index: int) -> int:
        if index >= len(self._machine.store.memories):
            raise CommandError(f"there is no memory {index}")
        return index

    # -- as the source's variables are found -------------------------------------------------

    def frame(self) -> _FrameBase:
        return _FrameBase(self, [node for _, node in self._locals()] if self._seen is None else
                          [Const(I64, bits) for bits in self._seen.locals])

    def local(self, index: int) -> Node:
        if self._written is not None or self._position is None:
            raise CommandError("kept in a local of wasm's, which can't be seen from where "
                               "something else is written")
        return _item([node for _, node in self._locals()], index)

    def operand(self, index: int) -> Node:
        if self._position is None:
            raise CommandError("there are no operands here")
        types = self._compiled().operands(self._position.funcidx, self._position.offset)
        return self.stack(len(types) - 1 - index)

    def source(self, text: str) -> Node | None:
        """An expression over the source's variables; None where it is none."""
        at = self._seen or self._position
        if at is None or speaks_wasm(text) or not names_variables(text):
            return None
        source = self._symbols.instances[at.instance].source
        if source.dwarf is None or source.function(at.offset) is None or (
                names_table(text) and source.variable("table", at.offset) is None):
            return None
        return source_node(text, source, at.offset, self, self._seen.inlined if self._seen else 0)

    # -- as wasm has them --------------------------------------------------------------------

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


@dataclass(frozen=True, slots=True)
class _FrameBase:
    """What the base of a frame is computed from: locals that keep their values."""

    scope: PlaceScope
    locals: list[Node]

    def frame(self) -> _FrameBase:
        return self

    def local(self, index: int) -> Node:
        return _item(self.locals, index)

    def operand(self, index: int) -> Node:
        return self.scope.operand(index)

    def global_(self, index: int) -> Node:
        return self.scope.global_(index)

    def name(self, text: str) -> Node:
        return self.scope.name(text)


def _item(locals_: Sequence[Node], index: int) -> Node:
    """A local by number."""
    if not 0 <= index < len(locals_):
        raise CommandError("the debug info names a local that isn't there")
    return locals_[index]


def placed(name: str, type_: ValType, where: str, offset: int) -> tuple[Value, Node]:
    """A name, and where what it means lies."""
    return Value(name, valtype_name(type_), "", 0), _node(type_, where, offset)


def _node(type_: ValType, where: str, offset: int) -> Node:
    """References are compared as 64 bits; vectors have no arithmetic."""
    if type_ == V128:
        return Place(V128, where, offset)
    return Place(type_ if type_ in TYPES.values() else I64, where, offset)


def condition(text: str, scope: PlaceScope) -> Node | None:
    """A condition, or None for no text."""
    if not text.strip():
        return None
    node = understood(text, scope)
    if node.type not in TYPES.values():
        raise CommandError("a vector is neither true nor false")
    return node


def understood(text: str, scope: PlaceScope) -> Node:
    """An expression over the source's variables, or else over wasm's; if it is neither, what is
    wrong with the first."""
    fault: CommandError | None = None
    try:
        found = scope.source(text)
    except CommandError as error:
        found, fault = None, error
    if found is not None:
        return found
    try:
        return typed(parse(text), scope)
    except CommandError as error:
        raise fault or error from None


def width_type(size: int) -> ValType | None:
    """The type as which conditions see `size` bytes; None if they can't."""
    return {1: I32, 2: I32, 4: I32, 8: I64}.get(size)


def values(texts: Sequence[str], scope: PlaceScope) -> tuple[Node, ...]:
    """Expressions whose values are to be logged."""
    nodes = tuple(understood(text, scope) for text in texts)
    if any(node.type not in TYPES.values() for node in nodes):
        raise CommandError("a vector can't be printed here")
    return nodes
