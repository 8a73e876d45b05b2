"""Instantiation (spec §4.5.4): match imports, allocate, evaluate, initialise, start."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from gabagool.errors import LinkError, Trap
from gabagool.isa import BY_NAME
from gabagool.native.layout import REF_SHIFT
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import (
    OUT_OF_BOUNDS,
    FuncInst,
    GlobalInst,
    MemoryInst,
    ModuleInst,
    TableInst,
)
from gabagool.runtime.store import Store
from gabagool.syntax import ConstExpr, Data, Elem, Module
from gabagool.types import (
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    TableType,
    closed,
    closed_functype,
    matches,
)

Extern = FuncInst | MemoryInst | TableInst | GlobalInst
Imports = Mapping[tuple[str, str], Extern] | Sequence[Extern]
_T = TypeVar("_T", bound=ExternType)
_COMMAND, _INITIALIZE = "_start", "_initialize"   # of WASI commands and reactors
_MASK = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF, "v128": (1 << 128) - 1}


def instantiate(store: Store, compiled: Compiled, imports: Imports) -> ModuleInst:
    """A new instance; its start function is not called yet (see `start_of`).

    Imports are found by their names, or given in the module's order, for names may repeat.
    Raises LinkError naming every import that is missing, or the first of the wrong type; Trap
    when an active segment is out of bounds.
    """
    module = compiled.module
    types = _type_ids(store, module)
    externs = _resolve(compiled, imports, import_types(store, module))
    inst = ModuleInst(len(store.instances), compiled, [], [], [], [], set(), set(), [], {})
    for extern in externs:
        _space(inst, extern).append(extern.addr)
    for mem in module.mems:
        inst.mems.append(store.new_memory(mem.type).addr)
    record = store.new_instance_record(inst.mems[0] if inst.mems else None)
    store.instances.append(inst)
    first = len(module.imported_funcs)
    numbers = [types[func.typeidx] for func in module.funcs]
    known = store.functypes
    funcs = [FuncInst(0, known[t], inst, i) for i, t in enumerate(numbers, first)]
    store.add_funcs(funcs, numbers, record)
    inst.funcs += [func.addr for func in funcs]
    for glob in module.globals:
        bits = evaluate(store, inst, glob.init)
        inst.globals.append(store.new_global(_closed(store, glob.type, types), bits).addr)
    for table in module.tables:
        ref = evaluate(store, inst, table.init) if table.init else 0
        inst.tables.append(store.new_table(_closed(store, table.type, types), ref).addr)
    inst.maps = _maps(inst, types)
    inst.elems = [[evaluate(store, inst, expr) for expr in elem.init] for elem in module.elems]
    _initialise(store, inst)
    return inst


def start_of(store: Store, inst: ModuleInst) -> FuncInst | None:
    """The start function, to be called once after `instantiate`."""
    start = inst.compiled.module.start
    return None if start is None else store.funcs[inst.funcs[start]]


def initializer_of(store: Store, inst: ModuleInst, name: str) -> FuncInst | None:
    """`_initialize` of a WASI reactor, to be called once before its export `name`."""
    found = inst.export(_INITIALIZE)
    if found is None or found[0] != "func" or name in (_COMMAND, _INITIALIZE):
        return None
    return store.funcs[found[1]]


# -- imports ---------------------------------------------------------------------------------

def _type_ids(store: Store, module: Module) -> list[int]:
    """The store's number of each of the module's types."""
    ids: list[int] = []
    for t in module.types:
        ids.append(store.type_id(closed_functype(t, ids)))
    return ids


def import_types(store: Store, module: Module) -> list[ExternType]:
    """What a module imports, with the store's type numbers in place of its own."""
    types = _type_ids(store, module)
    return [_closed(store, i.desc, types) for i in module.imports]


def _closed(store: Store, t: _T, types: Sequence[int]) -> _T:
    """A type of the module with the store's type numbers in place of its own."""
    if isinstance(t, FuncType):
        known = store.functypes[store.type_id(closed_functype(t, types))]
        return replace(t, params=known.params, results=known.results)
    if isinstance(t, GlobalType):
        return replace(t, valtype=closed(t.valtype, types))
    if isinstance(t, TableType):
        return replace(t, element=closed(t.element, types))
    return t


def _resolve(compiled: Compiled, imports: Imports,
             types: Sequence[ExternType]) -> list[Extern]:
    """The imported externs, checked against the (closed) `types` that the module wants."""
    wanted = compiled.module.imports
    if isinstance(imports, Mapping):
        known = [imports.get((i.module, i.name)) for i in wanted]
    else:
        known = [*imports[:len(wanted)], *[None] * (len(wanted) - len(imports))]
    missing = tuple((i.module, i.name) for i, extern in zip(wanted, known, strict=True)
                    if extern is None)
    if missing:
        names = ", ".join(f"{m}.{n}" for m, n in dict.fromkeys(missing))
        raise LinkError(f"unknown import: {names}", missing)
    found = [extern for extern in known if extern is not None]
    for want, t, extern in zip(wanted, types, found, strict=True):
        if not _matches(extern.type, t):
            raise LinkError(f"incompatible import type: {want.module}.{want.name} is "
                            f"{extern.type}, the module wants {t}")
    return found


def _matches(have: ExternType, want: ExternType) -> bool:
    """External type matching (spec §3.3.7)."""
    if isinstance(have, MemType) and isinstance(want, MemType):
        return have.is64 == want.is64 and _limits_match(have.limits, want.limits)
    if isinstance(have, TableType) and isinstance(want, TableType):
        return (have.is64 == want.is64 and have.element == want.element
                and _limits_match(have.limits, want.limits))
    if isinstance(have, GlobalType) and isinstance(want, GlobalType) and not want.mutable:
        return not have.mutable and matches(have.valtype, want.valtype)
    return have == want


def _limits_match(have: Limits, want: Limits) -> bool:
    if have.min < want.min:
        return False
    return want.max is None or (have.max is not None and have.max <= want.max)


def _space(inst: ModuleInst, extern: Extern) -> list[int]:
    spaces: dict[type, list[int]] = {FuncInst: inst.funcs, MemoryInst: inst.mems,
                                     TableInst: inst.tables, GlobalInst: inst.globals}
    return spaces[type(extern)]


# -- initial values --------------------------------------------------------------------------

def evaluate(store: Store, inst: ModuleInst, expr: ConstExpr) -> int:
    """The bits a (validated) constant expression leaves."""
    if len(expr.instrs) == 1 and expr.instrs[0][0] in _INTEGERS:
        opcode, number = expr.instrs[0]
        assert isinstance(number, int)
        return number & _INTEGERS[opcode]
    stack: list[int] = []
    for opcode, imm in expr.instrs:
        row = _CONST[opcode]
        kind, _, operation = row.partition(".")
        if operation in ("add", "sub", "mul"):
            right, left = stack.pop(), stack.pop()
            value = {"add": left + right, "sub": left - right, "mul": left * right}[operation]
            stack.append(value & _MASK[kind])
            continue
        assert isinstance(imm, int)
        if row == "global.get":
            stack.append(store.globals[inst.globals[imm]].bits)
        elif row == "ref.func":
            stack.append(inst.funcs[imm] << REF_SHIFT)
        elif row == "ref.null":
            stack.append(0)
        else:
            stack.append(imm & _MASK.get(kind, _MASK["i64"]))
    return stack.pop()


_INTEGERS = {BY_NAME[f"{kind}.const"].opcode: _MASK[kind] for kind in ("i32", "i64")}
_CONST = {row.opcode: row.mnemonic for row in BY_NAME.values() if row.const}


def _maps(inst: ModuleInst, types: Sequence[int]) -> dict[str, array[int]]:
    """What threading puts in place of module indices."""
    return {"func": array("I", inst.funcs), "global": array("I", [16 * g for g in inst.globals]),
            "type": array("I", types), "table": array("I", inst.tables),
            "mem": array("I", inst.mems), "self": array("I", [0])}


def _initialise(store: Store, inst: ModuleInst) -> None:
    """Run the active segments in order (spec §4.5.4, steps 15 to 17)."""
    module = inst.compiled.module
    for i, elem in enumerate(module.elems):
        if elem.mode == "active":
            _write_elem(store, inst, i, elem)
        if elem.mode != "passive":
            inst.dropped_elems.add(i)
    for i, data in enumerate(module.datas):
        if data.mode == "active":
            _write_data(store, inst, data)
            inst.dropped_datas.add(i)


def _write_elem(store: Store, inst: ModuleInst, index: int, elem: Elem) -> None:
    assert elem.where is not None
    start = evaluate(store, inst, elem.where)
    table = store.tables[inst.tables[elem.table]]
    table.fill(start, array("Q", inst.elems[index]).tobytes())


def _write_data(store: Store, inst: ModuleInst, data: Data) -> None:
    assert data.where is not None
    start = evaluate(store, inst, data.where)
    memory = store.memories[inst.mems[data.memory]]
    source = inst.compiled.module.source
    if start + data.end - data.start > memory.size:
        raise Trap(OUT_OF_BOUNDS)
    memory.region.view[start:start + data.end - data.start] = source[data.start:data.end]

