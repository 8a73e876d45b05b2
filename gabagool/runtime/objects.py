"""Objects of the heap as people see them: frozen views of what a reference refers to, in the
store's heap or in a snapshot's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gabagool.code.operands import functype_text, identifier, valtype_text
from gabagool.errors import GabagoolError
from gabagool.native.layout import REF_HOST, REF_I31, REF_SHIFT, TYPE_EXN
from gabagool.records import dataclass
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.heapreader import HeapReader, Source
from gabagool.syntax import Names
from gabagool.text import signed
from gabagool.types import FUNC, ArrayType, CompType, FuncType, ValType, is_ref

if TYPE_CHECKING:
    from gabagool.runtime.store import Store

WINDOW = 256         # items of a view, unless asked for more


@dataclass(frozen=True, slots=True)
class Item:
    """A field, an element, or a value of an exception. `type` is its (closed) storage type, `text`
    spells it; a packed one's bits are as stored."""

    name: str | None
    type: ValType
    text: str
    mutable: bool
    bits: int


@dataclass(frozen=True, slots=True)
class ObjectView:
    """What a reference refers to.

    `kind` is null, i31, struct, array, exn, func, host, or lost: then there is no such object, as
    with a reference that is older than the heap. `text` is its type as in the text format, by name
    if it has one; `type_id` the canonical id. Of `length` fields, elements or values `items` are
    those from `start` on. `number` is an i31's value, the address of a function or of an
    exception's tag, or the index of a host object.
    """

    kind: str
    text: str
    type_id: int | None = None
    length: int = 0
    start: int = 0
    items: tuple[Item, ...] = ()
    number: int = 0


_NULL = ObjectView("null", "null")
_NO_NAMES = Names()


class Objects:
    """Makes views for one store, with the names that its modules give to types."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._homes: dict[int, tuple[ModuleInst, int]] = {}
        self._known: dict[int, tuple[list[str], dict[int, str]]] = {}
        self._instances = 0

    def view(self, bits: int, t: ValType, start: int = 0, count: int = WINDOW,
             heap: Source | None = None) -> ObjectView:
        """What reference bits of a closed static type refer to; with `heap`, the region of that
        name in a snapshot, what they did then. At most `count` items from `start` on."""
        if bits == 0:
            return _NULL
        if not is_ref(t):
            raise TypeError("a view is of a reference")
        if self._store.types.space.top(t) == FUNC:
            return self._func(bits >> REF_SHIFT)
        if bits & REF_I31:
            return ObjectView("i31", "i31", number=signed(bits >> 1 & 0x7FFFFFFF, 31))
        if bits & 3 == REF_HOST:
            return ObjectView("host", "extern", number=bits >> REF_SHIFT)
        reader = self._store.heap if heap is None else HeapReader(self._store.types, heap)
        try:
            return self._object(reader, bits, start, count)
        except GabagoolError:
            return ObjectView("lost", "?")

    def _func(self, addr: int) -> ObjectView:
        if not 0 < addr < len(self._store.funcs):
            return ObjectView("lost", "?")
        func = self._store.funcs[addr]
        return ObjectView("func", self.type_text(func.typeid), func.typeid, number=addr)

    def _object(self, reader: HeapReader, offset: int, start: int, count: int) -> ObjectView:
        number = reader.type_at(offset)
        type_id, exn = number & ~TYPE_EXN, bool(number & TYPE_EXN)
        array = isinstance(reader.comp_at(offset), ArrayType)
        texts, names = self._own(type_id)
        items = tuple(
            Item(names.get(i), field.storage, texts[0 if array else i], field.mutable, bits)
            for i, (field, bits) in enumerate(reader.items(offset, start, count), max(start, 0)))
        if exn:
            tag = reader.tag_at(offset)
            text = self._store.tag_name(tag)
            return ObjectView("exn", text, type_id, reader.count_at(offset), start, items, tag)
        return ObjectView("array" if array else "struct", self.type_text(type_id), type_id,
                          reader.count_at(offset), start, items)

    # -- names -------------------------------------------------------------------------------

    def _home(self, type_id: int) -> tuple[ModuleInst, int] | None:
        """The first instance that has a type, and its index there."""
        for inst in self._store.instances[self._instances:]:
            for i, known in enumerate(inst.types):
                self._homes.setdefault(known, (inst, i))
        self._instances = len(self._store.instances)
        return self._homes.get(type_id)

    def place(self, type_id: int) -> tuple[int, int] | None:
        """The first instance (its index) that has a type, and the type's index there."""
        home = self._home(type_id)
        return None if home is None else (home[0].index, home[1])

    def type_text(self, type_id: int) -> str:
        """A type by its name, or by its index in the module that has it."""
        home = self._home(type_id)
        if home is None:
            comp = self._store.types.types[type_id].comp
            return functype_text(comp) or "func" if isinstance(comp, FuncType) else str(comp)
        name = home[0].compiled.names.types.get(home[1])
        return f"type {home[1]}" if name is None else identifier(name)

    def field_texts(self, type_id: int) -> list[str]:
        """The storage types of a structure's fields or an exception's values; of an array's
        elements the one that they all have."""
        return self._own(type_id)[0]

    def _own(self, type_id: int) -> tuple[list[str], dict[int, str]]:
        """The texts of the types that an object of a type holds, and the names of its fields."""
        known = self._known.get(type_id)
        if known is not None:
            return known
        home = self._home(type_id)
        comp = self._store.types.types[type_id].comp
        if home is not None:
            comp = home[0].compiled.module.types[home[1]]
        names = _NO_NAMES if home is None else home[0].compiled.names
        fields = names.fields.get(-1 if home is None else home[1], {})
        found = [valtype_text(t, names.types) for t in _held(comp)], dict(fields)
        if home is not None:            # else an instance may come that has names for it
            self._known[type_id] = found
        return found


def _held(comp: CompType) -> list[ValType]:
    """The storage types that an object of a type is made of; of an array one."""
    if isinstance(comp, FuncType):
        return list(comp.params)
    fields = (comp.field,) if isinstance(comp, ArrayType) else comp.fields
    return [field.storage for field in fields]
