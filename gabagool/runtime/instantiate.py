"""Instantiation (spec §4.5.4): match imports, allocate, evaluate, initialise, start."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

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
from gabagool.syntax import ConstExpr, Data, Elem
from gabagool.types import ExternType, Limits, MemType, TableType

Extern = FuncInst | MemoryInst | TableInst | GlobalInst
_MASK = {"i32": 0xFFFFFFFF, "i64": 0xFFFFFFFFFFFFFFFF}


def instantiate(store: Store, compiled: Compiled,
                imports: Mapping[tuple[str, str], Extern]) -> ModuleInst:
    """A new instance; its start function is not called yet (see `start_of`).

    Raises LinkError naming every import that is missing, or the first of the wrong type; Trap
    when an active segment is out of bounds.
    """
    module = compiled.module
    externs = _resolve(compiled, imports)
    inst = ModuleInst(len(store.instances), compiled, [], [], [], [], set(), set(), [], {})
    for extern in externs:
        _space(inst, extern).append(extern.addr)
    for mem in module.mems:
        inst.mems.append(store.new_memory(mem.type).addr)
    record = store.new_instance_record(inst.mems[0] if inst.mems else None)
    store.instances.append(inst)
    first = len(module.imported_funcs)
    for i, func in enumerate(module.funcs):
        new = FuncInst(0, module.types[func.typeidx], inst, first + i)
        inst.funcs.append(store.add_func(new, record).addr)
    for glob in module.globals:
        bits = evaluate(store, inst, glob.init)
        inst.globals.append(store.new_global(glob.type, bits).addr)
    for table in module.tables:
        ref = evaluate(store, inst, table.init) if table.init else 0
        inst.tables.append(store.new_table(table.type, ref).addr)
    inst.maps = _maps(store, inst)
    inst.elems = [[evaluate(store, inst, expr) for expr in elem.init] for elem in module.elems]
    _initialise(store, inst)
    return inst


def start_of(store: Store, inst: ModuleInst) -> FuncInst | None:
    """The start function, to be called once after `instantiate`."""
    start = inst.compiled.module.start
    return None if start is None else store.funcs[inst.funcs[start]]


# -- imports ---------------------------------------------------------------------------------

def _resolve(compiled: Compiled, imports: Mapping[tuple[str, str], Extern]) -> list[Extern]:
    wanted = compiled.module.imports
    missing = tuple((i.module, i.name) for i in wanted if (i.module, i.name) not in imports)
    if missing:
        names = ", ".join(f"{m}.{n}" for m, n in dict.fromkeys(missing))
        raise LinkError(f"unknown import: {names}", missing)
    found = [imports[i.module, i.name] for i in wanted]
    for want, extern in zip(wanted, found, strict=True):
        if not _matches(extern.type, want.desc):
            raise LinkError(f"incompatible import type: {want.module}.{want.name} is "
                            f"{extern.type}, the module wants {want.desc}")
    return found


def _matches(have: ExternType, want: ExternType) -> bool:
    """External type matching (spec §3.3.7)."""
    if isinstance(have, MemType) and isinstance(want, MemType):
        return have.is64 == want.is64 and _limits_match(have.limits, want.limits)
    if isinstance(have, TableType) and isinstance(want, TableType):
        return (have.is64 == want.is64 and have.element == want.element
                and _limits_match(have.limits, want.limits))
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


_CONST = {row.opcode: row.mnemonic for row in BY_NAME.values() if row.const}


def _maps(store: Store, inst: ModuleInst) -> dict[str, array[int]]:
    """What threading puts in place of module indices."""
    types = [store.type_id(t) for t in inst.compiled.module.types]
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

