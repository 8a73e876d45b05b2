"""Evaluating constant expressions (spec §4.6.12), and making the objects that they name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gabagool.isa import BY_NAME
from gabagool.native.layout import REF_I31, REF_SHIFT
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.store import Store
from gabagool.syntax import ConstExpr, Refs
from gabagool.types import ArrayType, FieldType, StructType, slots_of

_WORD = (1 << 64) - 1
_MASK = {"i32": (1 << 32) - 1, "i64": _WORD}
_INTEGERS = {BY_NAME[f"{kind}.const"].opcode: mask for kind, mask in _MASK.items()}
_ROWS = {row.opcode: row for row in BY_NAME.values() if row.const}


def evaluate(store: Store, inst: ModuleInst, expr: ConstExpr) -> int:
    """The bits a (validated) constant expression leaves."""
    if len(expr.instrs) == 1 and expr.instrs[0][0] in _INTEGERS:
        opcode, number = expr.instrs[0]
        assert isinstance(number, int)
        return number & _INTEGERS[opcode]
    stack: list[int] = []
    for opcode, imm in expr.instrs:
        row = _ROWS[opcode]
        leaf = _LEAVES.get(row.mnemonic)
        if leaf is not None:
            assert isinstance(imm, int)
            stack.append(leaf(store, inst, imm))
        elif row.imms:
            typeidx, count = imm if isinstance(imm, tuple) else (imm, 0)
            assert typeidx is not None
            stack.append(_make(store, row.mnemonic, inst.types[typeidx], count, stack))
        else:
            _operate(row.mnemonic, stack)
    return stack.pop()


def evaluate_all(store: Store, inst: ModuleInst, exprs: Sequence[ConstExpr]) -> list[int]:
    """As `evaluate` for each; segments mostly have functions, tens of thousands of them."""
    if isinstance(exprs, Refs):
        funcs = inst.funcs
        return [funcs[funcidx] << REF_SHIFT for funcidx in exprs.funcidxs]
    return [evaluate(store, inst, expr) for expr in exprs]


# What pushes a value of its own.
_LEAVES: dict[str, Callable[[Store, ModuleInst, int], int]] = {
    "i32.const": lambda _store, _inst, n: n & _MASK["i32"],
    "i64.const": lambda _store, _inst, n: n & _WORD,
    **dict.fromkeys(("f32.const", "f64.const", "v128.const"), lambda _store, _inst, bits: bits),
    "global.get": lambda store, inst, index: store.globals[inst.globals[index]].bits,
    "ref.func": lambda _store, inst, index: inst.funcs[index] << REF_SHIFT,
    "ref.null": lambda _store, _inst, _heap: 0,
}


def _operate(mnemonic: str, stack: list[int]) -> None:
    """What works on the values alone; a conversion leaves them as they are."""
    kind, _, operation = mnemonic.partition(".")
    if operation == "i31":
        stack.append((stack.pop() & 0x7FFFFFFF) << 1 | REF_I31)
    elif kind in _MASK:
        right, left = stack.pop(), stack.pop()
        value = {"add": left + right, "sub": left - right, "mul": left * right}[operation]
        stack.append(value & _MASK[kind])


def _make(store: Store, mnemonic: str, typeid: int, count: int, stack: list[int]) -> int:
    """The reference to a new object; takes what `mnemonic` wants off the stack.

    `count` is how many elements array.new_fixed gets.
    """
    comp = store.types.types[typeid].comp
    default = mnemonic.endswith("_default")
    if isinstance(comp, StructType):
        values = () if default else _taken(stack, len(comp.fields))
        return store.heap.new_struct(typeid, None if default else _words(comp.fields, values))
    assert isinstance(comp, ArrayType)
    if mnemonic.endswith("_fixed"):
        elements = [element(comp.field, value) for value in _taken(stack, count)]
        return store.heap.new_array(typeid, count, b"".join(elements))
    length = stack.pop()
    new = store.heap.new_array(typeid, length)      # traps before many elements are made
    if not default:
        store.heap.fill(new, 0, element(comp.field, stack.pop()), length)
    return new


def _taken(stack: list[int], count: int) -> list[int]:
    """The topmost values, lowest first, which are gone then."""
    start = len(stack) - count
    values = stack[start:]
    del stack[start:]
    return values


def element(field: FieldType, value: int) -> bytes:
    """An element as it lies in an array."""
    return narrowed(field, value).to_bytes(field.bits // 8, "little")


def narrowed(field: FieldType, value: int) -> int:
    """What storage keeps of a value."""
    return value & (1 << field.bits) - 1


def _words(fields: Sequence[FieldType], values: Sequence[int]) -> list[int]:
    """The slots of a structure with these fields."""
    words: list[int] = []
    for field, value in zip(fields, values, strict=True):
        value = narrowed(field, value)
        words += [value & _WORD, value >> 64][:slots_of(field.storage)]
    return words
