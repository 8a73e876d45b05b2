"""References as text: what they refer to, its identity, and a short look into it."""

from __future__ import annotations

from collections.abc import Iterable

from debugger.symbols import Symbols
from debugger.values import format_value, short_value
from debugger.views import RefView
from gabagool import Machine
from gabagool.code.operands import quoted
from gabagool.rectypes import closed
from gabagool.runtime.heapreader import Source
from gabagool.runtime.objects import Item, ObjectView
from gabagool.types import ANY, EXN, F32, FUNC, I8, I16, I32, ArrayType, ValType, is_ref, reftype

_LOOK = 48                  # items that a preview looks at
_SHOWN = 8                  # … of which it shows so many
_LONGEST = 64               # characters of a preview's contents
_TEXT = {I8: ("utf-8", 1), I16: ("utf-16-le", 2)}       # encodings of arrays of characters
_SPACES = "\n\r\t"
IN_HEAP = ("struct", "array", "exn")


class ObjectTexts:
    """Makes texts for one machine; types are closed (`close`). With `heap`, the region of that
    name in a snapshot, they say what was in it."""

    def __init__(self, machine: Machine, symbols: Symbols) -> None:
        self._store = machine.store
        self._symbols = symbols
        self.vectors = "i32x4"          # one of VECTOR_VIEWS

    def close(self, instance: int, t: ValType) -> ValType:
        """A type of an instance's module as the store knows it."""
        return closed(t, self._store.instances[instance].types)

    def view(self, t: ValType, bits: int, heap: Source | None = None, start: int = 0,
             count: int = _LOOK) -> ObjectView:
        return self._store.objects.view(bits, t, start, count, heap)

    def text(self, t: ValType, bits: int, heap: Source | None = None, depth: int = 1) -> str:
        """A value as all panels show it; of objects in it `depth` levels are looked into."""
        if t in _TEXT:
            return _packed(bits)
        return format_value(t, bits, lambda t, b: self._ref(t, b, heap, depth), self.vectors)

    def look(self, t: ValType, bits: int) -> tuple[str, RefView | None]:
        """A value's text, and what it refers to if it is a reference."""
        if not is_ref(t):
            return self.text(t, bits), None
        view = self.view(t, bits)
        if view.kind not in IN_HEAP:
            return self.text(t, bits), RefView(view.kind, view.text)
        return self._view_text(view, bits, None, 1), RefView(
            view.kind, self._type_text(view), bits, view.length, characters(view) or "")

    # -- references --------------------------------------------------------------------------

    def _ref(self, t: ValType, bits: int, heap: Source | None, depth: int) -> str:
        return self._view_text(self.view(t, bits, heap, 0, _LOOK if depth else 0), bits, heap,
                               depth)

    def _view_text(self, view: ObjectView, bits: int, heap: Source | None, depth: int) -> str:
        if view.kind == "i31":
            return f"i31 {view.number}"
        if view.kind == "host":
            return f"extern #{view.number}"
        if view.kind == "func":
            return self._func(view.number)
        if view.kind == "lost":
            return f"? @{bits:#x}"
        head = f"{self._type_text(view)}@{bits:#x}"
        head = f"{head}[{view.length}]" if view.kind == "array" else head
        head = f"exn {head}" if view.kind == "exn" else head
        contents = self._contents(view, heap, depth) if depth else ""
        return f"{head} {contents}" if contents else head

    def _func(self, address: int) -> str:
        func = self._store.funcs[address]
        if func.instance is None:
            return f"host {func.name}"
        return self._symbols.label(func.instance.index, func.funcidx)

    def _type_text(self, view: ObjectView) -> str:
        """The type of an object; an array's elements tell more than its number."""
        if view.kind != "array" or view.text.startswith("$") or view.type_id is None:
            return view.text
        comp = self._store.types.types[view.type_id].comp
        assert isinstance(comp, ArrayType)
        return f"array {self._store.objects.field_texts(view.type_id)[0]}"

    def _contents(self, view: ObjectView, heap: Source | None, depth: int) -> str:
        if view.kind == "array" and (text := characters(view)) is not None:
            return text
        left, right = "()" if view.kind == "exn" else "{}"
        texts = _until_long(self._item(item, heap, depth) for item in view.items[:_SHOWN])
        more = ["…"] if len(texts) < view.length else []
        return f"{left}{', '.join([*texts, *more])}{right}" if view.length else ""

    def beginning(self, view: ObjectView) -> str:
        """Elements of an array as one text: characters, bytes, or a few values."""
        text = characters(view)
        if text is not None:
            return text
        if view.items[0].type in _TEXT:
            digits = 2 if view.items[0].type == I8 else 4
            return " ".join(f"{item.bits:0{digits}x}" for item in view.items)
        texts = [short_value(self.text(item.type, item.bits, None, 0)) for item in view.items[:3]]
        return ", ".join(texts + ["…"] * (len(view.items) > 3))

    def _item(self, item: Item, heap: Source | None, depth: int) -> str:
        text = short_value(self.text(item.type, item.bits, heap, depth - 1))
        return text if item.name is None else f"{item.name} {text}"

    def size(self, offset: int) -> int:
        """Bytes of the object at an offset."""
        return self._store.heap.size_at(offset)

    def width(self, offset: int) -> int:
        """Bytes of an element of the array at an offset."""
        (field,) = self._store.heap.fields_at(offset)
        return field.bits // 8

    # -- by place in the heap ----------------------------------------------------------------

    def is_object(self, offset: int) -> bool:
        return self._store.heap.is_object(offset)

    def place(self, type_id: int) -> tuple[int, int] | None:
        """The first instance that has a type, and the type's index there."""
        return self._store.objects.place(type_id)

    def type_at(self, offset: int) -> ValType:
        """A type as which the object at an offset can be viewed."""
        kind = self.view(reftype(False, ANY), offset, count=0).kind
        return reftype(False, EXN if kind == "exn" else ANY)


def known_type(kind: str) -> ValType:
    """A type as which something of a RefView's kind can be viewed."""
    return reftype(True, {"exn": EXN, "func": FUNC}.get(kind, ANY))


def slot_bits(t: ValType, bits: int) -> int:
    """The bits of a slot that mean something: not the upper half of a number of 32 bits."""
    return bits & 0xFFFFFFFF if t in (I32, F32) else bits


def _packed(bits: int) -> str:
    """A packed number is often a character."""
    return f"{bits} '{chr(bits)}'" if 0x20 <= bits < 0x7F else str(bits)


def _until_long(texts: Iterable[str]) -> list[str]:
    """As many of the texts as a preview has room for, at least one."""
    found: list[str] = []
    room = _LONGEST
    for text in texts:
        room -= len(text) + 2
        if found and room < 0:
            break
        found.append(text)
    return found


def characters(view: ObjectView) -> str | None:
    """The beginning of an array of 8 or 16 bits as a string, None if it doesn't look like one."""
    if view.kind != "array" or not view.items or view.items[0].type not in _TEXT:
        return None
    encoding, width = _TEXT[view.items[0].type]
    data = b"".join(item.bits.to_bytes(width, "little") for item in view.items)
    text = data.decode(encoding, "ignore")
    lost = len(data) - len(text.encode(encoding))
    body = text.rstrip("\0")
    cut = len(view.items) < view.length
    if not body or lost > (3 if cut else 0) or not all(
            c.isprintable() or c in _SPACES for c in body):
        return None
    ending = "\\0…" if len(body) < len(text) else "…" if cut else ""
    return quoted(body)[:-1] + ending + '"'
