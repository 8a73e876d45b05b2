"""Instantiation (spec §4.5.4): match imports, allocate, evaluate, initialise, start."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from gabagool.errors import LinkError, Trap
from gabagool.native import bulk
from gabagool.rectypes import Types, closed, closed_functype
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.constants import evaluate, evaluate_all
from gabagool.runtime.entities import (
    OUT_OF_BOUNDS,
    FuncInst,
    GlobalInst,
    MemoryInst,
    ModuleInst,
    TableInst,
    TagInst,
)
from gabagool.runtime.region import Region
from gabagool.runtime.store import Store
from gabagool.syntax import Elem, Module, PlainDatas, typeidxs
from gabagool.types import (
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    TableType,
    TagType,
)

Extern = FuncInst | MemoryInst | TableInst | GlobalInst | TagInst
Imports = Mapping[tuple[str, str], Extern] | Sequence[Extern]
_T = TypeVar("_T", bound=ExternType)
_MANY = 256               # segments, for which native code is worth loading
_COMMAND, _INITIALIZE = "_start", "_initialize"   # of WASI commands and reactors


def instantiate(store: Store, compiled: Compiled, imports: Imports,
                restoring: bool = False) -> ModuleInst:
    """A new instance; its start function is not called yet (see `start_of`).

    Imports are found by their names, or given in the module's order, for names may repeat. When
    `restoring`, what the store holds is going to be a snapshot's: memories and tables are as they
    were declared, and segments may go to where they had grown.
    Raises LinkError naming every import that is missing, or the first of the wrong type; Trap
    when an active segment is out of bounds.
    """
    module = compiled.module
    types = store.types.intern_all(module.recs)
    externs = _resolve(store, compiled, imports, types)
    inst = ModuleInst(len(store.instances), compiled, [], [], [], [], set(), set(), [], types, {})
    for extern in externs:
        _space(inst, extern).append(extern.addr)
    for mem in module.mems:
        inst.mems.append(store.new_memory(mem.type).addr)
    record = store.new_instance_record(inst.mems[0] if inst.mems else None)
    store.instances.append(inst)
    store.add_funcs(inst, [types[typeidx] for typeidx in typeidxs(module.funcs)], record)
    for tag in module.tags:
        typeid = types[tag.typeidx]
        new_tag = TagInst(0, TagType(store.types.functype(typeid)), typeid, "", inst,
                          len(inst.tags))
        inst.tags.append(store.add_tag(new_tag).addr)
    for glob in module.globals:
        bits = evaluate(store, inst, glob.init)
        inst.globals.append(store.new_global(_closed(glob.type, types), bits).addr)
    for table in module.tables:
        ref = evaluate(store, inst, table.init) if table.init else 0
        inst.tables.append(store.new_table(_closed(table.type, types), ref).addr)
    inst.maps = _maps(inst)
    inst.elems = [evaluate_all(store, inst, elem.init) for elem in module.elems]
    _initialise(store, inst, restoring)
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

def import_types(store: Store, module: Module) -> list[ExternType]:
    """What a module imports, with the store's type numbers in place of its own."""
    types = store.types.intern_all(module.recs)
    return [_closed(i.desc, types) for i in module.imports]


def _closed(t: _T, types: Sequence[int]) -> _T:
    """A type of the module with the store's type numbers in place of its own."""
    if isinstance(t, FuncType):
        known = closed_functype(t, types)
        return replace(t, params=known.params, results=known.results)
    if isinstance(t, TagType):
        return replace(t, functype=closed_functype(t.functype, types))
    if isinstance(t, GlobalType):
        return replace(t, valtype=closed(t.valtype, types))
    if isinstance(t, TableType):
        return replace(t, element=closed(t.element, types))
    return t


def _resolve(store: Store, compiled: Compiled, imports: Imports,
             types: Sequence[int]) -> list[Extern]:
    """The imported externs, checked against what the module wants; `types` are its types' ids."""
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
    for want, extern in zip(wanted, found, strict=True):
        t = _closed(want.desc, types)
        if isinstance(t, FuncType | TagType):
            assert want.typeidx is not None
            fits = _defined_matches(store, extern, t, types[want.typeidx])
        else:
            fits = _matches(store.types.space, extern.type, t)
        if not fits:
            raise LinkError(f"incompatible import type: {want.module}.{want.name} is "
                            f"{extern.type}, the module wants {t}")
    return found


def _defined_matches(store: Store, extern: Extern, want: FuncType | TagType, typeid: int) -> bool:
    """Functions and tags match by their type's id; nothing is below a tag's type but itself."""
    if isinstance(want, FuncType):
        return isinstance(extern, FuncInst) and store.types.is_below(extern.typeid, typeid)
    return isinstance(extern, TagInst) and extern.typeid == typeid


def _matches(space: Types, have: ExternType, want: ExternType) -> bool:
    """External type matching (spec §3.3.11), functions and tags aside."""
    if isinstance(have, MemType) and isinstance(want, MemType):
        return have.is64 == want.is64 and _limits_match(have.limits, want.limits)
    if isinstance(have, TableType) and isinstance(want, TableType):
        return (have.is64 == want.is64 and have.element == want.element
                and _limits_match(have.limits, want.limits))
    if isinstance(have, GlobalType) and isinstance(want, GlobalType) and not want.mutable:
        return not have.mutable and space.matches(have.valtype, want.valtype)
    return have == want


def _limits_match(have: Limits, want: Limits) -> bool:
    if have.min < want.min:
        return False
    return want.max is None or (have.max is not None and have.max <= want.max)


def _space(inst: ModuleInst, extern: Extern) -> list[int]:
    spaces: dict[type, list[int]] = {FuncInst: inst.funcs, MemoryInst: inst.mems,
                                     TableInst: inst.tables, GlobalInst: inst.globals,
                                     TagInst: inst.tags}
    return spaces[type(extern)]


# -- initialising ----------------------------------------------------------------------------

def _maps(inst: ModuleInst) -> dict[str, array[int]]:
    """What threading puts in place of module indices."""
    return {"func": array("I", inst.funcs), "global": array("I", [16 * g for g in inst.globals]),
            "type": array("I", inst.types), "table": array("I", inst.tables),
            "mem": array("I", inst.mems), "tag": array("I", inst.tags), "self": array("I", [0])}


def _initialise(store: Store, inst: ModuleInst, restoring: bool) -> None:
    """Run the active segments in order (spec §4.5.4, steps 15 to 17)."""
    module = inst.compiled.module
    for i, elem in enumerate(module.elems):
        if elem.mode == "active":
            with suppress(*[Trap] if restoring else []):
                _write_elem(store, inst, i, elem)
        if elem.mode != "passive":
            inst.dropped_elems.add(i)
    written = write_datas(store, inst, [store.memories[addr].region for addr in inst.mems])
    if isinstance(module.datas, PlainDatas):
        inst.dropped_datas.update(range(written))
    else:
        inst.dropped_datas.update(
            i for i, data in enumerate(module.datas[:written]) if data.mode == "active")
    if written < len(module.datas) and not restoring:
        raise Trap(OUT_OF_BOUNDS)


def _write_elem(store: Store, inst: ModuleInst, index: int, elem: Elem) -> None:
    assert elem.where is not None
    start = evaluate(store, inst, elem.where)
    table = store.tables[inst.tables[elem.table]]
    table.fill(start, array("Q", inst.elems[index]).tobytes())


# -- active data segments --------------------------------------------------------------------

def write_datas(store: Store, inst: ModuleInst, memories: Sequence[Region]) -> int:
    """Write the active segments in order to what stands for the instance's memories.

    The number of the first that is out of bounds, where it ends, or of all.
    """
    module = inst.compiled.module
    if isinstance(module.datas, PlainDatas):
        return _write_plain(module.source, module.datas, memories[0])
    for i, data in enumerate(module.datas):
        if data.where is not None:
            start, region = evaluate(store, inst, data.where), memories[data.memory]
            end = start + data.end - data.start
            if end > region.size:
                return i
            region.view[start:end] = module.source[data.start:data.end]
    return len(module.datas)


def _write_plain(source: bytes, datas: PlainDatas, region: Region) -> int:
    view, size = region.view, region.size
    if len(datas) >= _MANY and bulk.is_compiled():
        return bulk.scatter(source, datas.starts, datas.ends, datas.addresses, region.address, size)
    for i, (address, start, end) in enumerate(zip(datas.addresses, datas.starts, datas.ends,
                                                  strict=True)):
        to = address & 0xFFFFFFFF
        if to + end - start > size:
            return i
        view[to:to + end - start] = source[start:end]
    return len(datas)
