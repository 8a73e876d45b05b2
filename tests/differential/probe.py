"""A second module that looks at all exports of a first one through integers alone.

Python's floats don't keep the payload of an f32's NaN, and hosts show references each in their
own way, or none, as for vectors. So floats pass as their bits, vectors as two halves (arguments:
one half twice), and of references only whether they are null. Calling
across instances is tested along the way.
"""

from __future__ import annotations

from dataclasses import dataclass

from gabagool.syntax import Module
from gabagool.types import (
    F32,
    F64,
    I64,
    V128,
    FuncType,
    GlobalType,
    MemType,
    SubType,
    TableType,
    ValType,
    address_type,
    has_default,
    heap_of,
    is_ref,
    reftype,
    slots_of,
    valtype_name,
)

_TABLE_PREFIX = 8        # elements of each table that are looked at


@dataclass(frozen=True)
class Probe:
    """The module's text and, by the names of its functions, the bit widths of parameters."""

    text: str
    calls: dict[str, tuple[int, ...]]      # functions of the first module
    looks: tuple[str, ...]                 # parameterless functions that read its state


def _integer(t: ValType) -> str:
    """The type as which a value passes."""
    return "i64" if t in (I64, F64, V128) else "i32"


def _in(t: ValType, local: int) -> str:
    if is_ref(t):
        return f"ref.null {valtype_name(reftype(False, heap_of(t)))[5:-1]}"
    get = f"local.get {local}"
    if t == V128:
        return f"{get} i64x2.splat"
    return f"{get} {valtype_name(t)}.reinterpret_{_integer(t)}" if t in (F32, F64) else get


def _out(t: ValType, get: str) -> str:
    """What pushes the integers that stand for a value, which `get` pushes."""
    if is_ref(t):
        return f"{get} ref.is_null"
    if t == V128:
        return f"{get} i64x2.extract_lane 0 {get} i64x2.extract_lane 1"
    return f"{get} {_integer(t)}.reinterpret_{valtype_name(t)}" if t in (F32, F64) else get


def _params(types: tuple[ValType, ...]) -> str:
    return "".join(f" (param {_integer(t)})" for t in types)


def _results(types: tuple[ValType, ...]) -> str:
    return "".join(f" (result {_integer(t)})" * slots_of(t) for t in types)


def _types(module: Module) -> list[str]:
    """The module's types, which the probe begins with: references to them keep their indices."""
    groups, index = [], 0
    for group in module.recs:
        types = [f"(type (;{i};) {_subtype(t)})" for i, t in enumerate(group, index)]
        groups.append(f"(rec {' '.join(types)})" if len(types) != 1 else types[0])
        index += len(group)
    return groups


def _subtype(t: SubType) -> str:
    comp = str(t.comp)
    if isinstance(t.comp, FuncType):
        params = "".join(f" (param {valtype_name(p)})" for p in t.comp.params)
        comp = f"(func{params}{''.join(f' (result {valtype_name(r)})' for r in t.comp.results)})"
    final = "final " * t.final
    return f"(sub {final}{''.join(f'{i} ' for i in t.supers)}{comp})"


def _callable(functype: FuncType) -> bool:
    """Whether there are arguments: only null stands for references."""
    return all(has_default(t) for t in functype.params)


def _call(index: int, functype: FuncType) -> str:
    """Results go through locals, because they change type one by one."""
    first = len(functype.params)
    names = [valtype_name(t) for t in functype.results]
    sets = " ".join(f"local.set {first + i}" for i in reversed(range(len(names))))
    gets = " ".join(_out(t, f"local.get {first + i}") for i, t in enumerate(functype.results))
    arguments = " ".join(_in(t, i) for i, t in enumerate(functype.params))
    return (f"(func (export \"f{index}\"){_params(functype.params)}"
            f"{_results(functype.results)}{''.join(f' (local {n})' for n in names)}\n"
            f"{arguments} call $f{index} {sets} {gets})")


def _table(index: int, address: str) -> str:
    """One bit per element of the table's start: whether it is null."""
    bits = " ".join(
        f"(if ({address}.gt_u (table.size $t{index}) ({address}.const {i})) (then (local.set 0 "
        f"(i32.or (local.get 0) (i32.shl (ref.is_null (table.get $t{index} ({address}.const {i})))"
        f" (i32.const {i}))))))" for i in range(_TABLE_PREFIX))
    return (f"(func (export \"look{index}\") (result {address} i32) (local i32)\n{bits}\n"
            f"table.size $t{index} local.get 0)")


def _look(i: int, t: GlobalType | TableType | MemType) -> tuple[str, str]:
    """What to import as number i, and the function that shows its state."""
    if isinstance(t, TableType | MemType):
        address = valtype_name(address_type(t))
        if isinstance(t, TableType):
            return f"table $t{i} {address} 0 {valtype_name(t.element)}", _table(i, address)
        return (f"memory $m{i} {address} 0",
                f"(func (export \"look{i}\") (result {address}) memory.size $m{i})")
    name = valtype_name(t.valtype)
    return (f"global $g{i} {f'(mut {name})' if t.mutable else name}",
            f"(func (export \"look{i}\"){_results((t.valtype,))}"
            f" {_out(t.valtype, f'global.get $g{i}')})")


def make(module: Module) -> Probe:
    """The probe of a module; it imports from "m" what the module exports, but for tags."""
    imports, functions = [], []
    calls: dict[str, tuple[int, ...]] = {}
    looks = []
    exports = {(export.kind, export.index): export.name for export in module.exports
               if export.kind != "tag"}
    for i, ((kind, index), name) in enumerate(exports.items()):
        if kind == "func":
            functype = module.functype(index)
            if not _callable(functype):
                continue
            text = f"func $f{i} (type {module.func_typeidxs[index]})"
            function = _call(i, functype)
            calls[f"f{i}"] = tuple(64 if _integer(t) == "i64" else 32 for t in functype.params)
        else:
            types = {"memory": module.mem_types, "table": module.table_types,
                     "global": module.global_types}[kind]
            text, function = _look(i, types[index])
            looks.append(f"look{i}")
        imports.append(f"(import \"m\" {_quoted(name)} ({text}))")
        functions.append(function)
    text = "\n".join(["(module", *_types(module), *imports, *functions, ")"])
    return Probe(text, calls, tuple(looks))


def _quoted(name: str) -> str:
    return '"' + "".join(f"\\{byte:02x}" for byte in name.encode()) + '"'
