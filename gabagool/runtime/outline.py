"""What a store consists of, as plain data: from it and the modules an equal store is made.

References in a snapshot are store addresses, so a store that takes one over must have the same
things at the same addresses. An outline names them: its instances with the addresses that they
import, and what the host made. It holds no state; that is the snapshot's.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from gabagool.errors import GabagoolError, SnapshotError
from gabagool.records import dataclass
from gabagool.runtime import wire
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.instantiate import Extern, import_types, instantiate
from gabagool.runtime.limits import Limits
from gabagool.runtime.store import Store
from gabagool.syntax import Import
from gabagool.types import (
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    FuncType,
    GlobalType,
    MemType,
    TableType,
    TagType,
    ValType,
    is_ref,
    slots_of,
)
from gabagool.types import Limits as Size

HostFunction = Callable[..., Any]
# Finds the host function of a name ("module.field") and type, None if nobody imports it.
FindHost = Callable[[str, FuncType | None], HostFunction]
_KINDS = ("func", "memory", "table", "global", "tag")
_KIND_OF: dict[type, str] = dict(
    zip((FuncType, MemType, TableType, GlobalType, TagType), _KINDS, strict=True))
_HOST_TYPES = (I32, I64, F32, F64, V128, FUNCREF, EXTERNREF)
_MOST = 1 << 40           # of anything; what the system can't give is an error of its own


def _spaces(store: Store) -> dict[str, Any]:
    return {"func": store.funcs, "memory": store.memories, "table": store.tables,
            "global": store.globals, "tag": store.tags}


def _owned(inst: ModuleInst) -> dict[str, list[int]]:
    return {"func": inst.funcs, "memory": inst.mems, "table": inst.tables,
            "global": inst.globals, "tag": inst.tags}


@dataclass(frozen=True, slots=True)
class Part:
    """An instance: the number of its module, and the store addresses of its imports in order."""

    module: int
    imports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """`hashes` are SHA-256 of the modules. `hosts` is what the host made, as (kind, address,
    what), `what` being the name of a function and the type's numbers of anything else; an immutable
    global's bits, too, for segments may go to where they say."""

    hashes: tuple[bytes, ...]
    instances: tuple[Part, ...]
    hosts: tuple[tuple[str, int, tuple[Any, ...]], ...]
    limits: Limits

    @classmethod
    def of(cls, store: Store) -> Outline:
        """Raises SnapshotError for what a file can't hold."""
        modules: dict[bytes, int] = {}
        parts = [Part(modules.setdefault(inst.compiled.hash, len(modules)), _imports(inst))
                 for inst in store.instances]
        hosts = [(kind, entity.addr, _describe(kind, entity)) for kind, entity in _made(store)]
        return cls(tuple(modules), tuple(parts), tuple(hosts), store.limits)

    def wire(self) -> tuple[object, ...]:
        return (list(self.hashes),
                [(part.module, array("I", part.imports).tobytes()) for part in self.instances],
                [(_KINDS.index(kind), addr, list(what)) for kind, addr, what in self.hosts],
                [getattr(self.limits, field.name) for field in fields(Limits)])

    @classmethod
    def unwire(cls, value: object) -> Outline:
        hashes, instances, hosts, limits = wire.array(value, "the store's outline", 4)
        known = tuple(wire.blob(part, "a module's hash", 32)
                      for part in wire.array(hashes, "the list of modules"))
        return cls(known, tuple(_part(p, len(known)) for p in
                                wire.array(instances, "the list of instances")),
                   tuple(_host(h) for h in wire.array(hosts, "the list of host objects")),
                   _limits(limits))

    def build(self, modules: Sequence[Compiled], find: FindHost) -> Store:
        """An equal store; `modules` are those of `hashes`. Start functions are not run."""
        waiting = {(kind, addr): what for kind, addr, what in self.hosts}
        try:
            store = Store(self.limits)
            for part in self.instances:
                compiled = modules[part.module]
                self._make_hosts(store, waiting, self._wanted(store, compiled, part), find)
                self._preset(store)
                instantiate(store, compiled, _externs(store, compiled, part), restoring=True)
            self._make_hosts(store, waiting, {}, find)
        except SnapshotError:
            raise
        except GabagoolError as error:
            raise SnapshotError(f"the program can't be put together again: {error}") from error
        if waiting:
            raise SnapshotError("the store's outline is damaged: a host object out of place")
        return store

    def _wanted(self, store: Store, compiled: Compiled, part: Part) -> dict[int, FuncType]:
        """Types of imported functions by their addresses."""
        types = import_types(store, compiled.module)
        if len(types) != len(part.imports):
            raise SnapshotError(f"the store's outline is damaged: {len(part.imports)} imports "
                                f"where the module has {len(types)}")
        return {addr: t for addr, t in zip(part.imports, types, strict=True)
                if isinstance(t, FuncType)}

    def _make_hosts(self, store: Store, waiting: dict[tuple[str, int], tuple[Any, ...]],
                    wanted: dict[int, FuncType], find: FindHost) -> None:
        """Make the host's objects whose addresses come next."""
        for kind, space in _spaces(store).items():
            while (kind, len(space)) in waiting:
                what = waiting.pop((kind, len(space)))
                if kind == "func":
                    name, functype = str(what[0]), wanted.get(len(space))
                    store.new_host_func(functype or FuncType(), find(name, functype), name)
                else:
                    _new(store, kind, what)


    def _preset(self, store: Store) -> None:
        """Give the host's immutable globals their values, as far as there is by now what they
        refer to. The snapshot has them, too, but instances are made before it is restored."""
        for kind, addr, what in self.hosts:
            if kind == "global" and addr < len(store.globals) and what[2] is not None:
                found, bits = store.globals[addr], wire.bits(what[2], "a value")
                if not is_ref(found.type.valtype) or store.fits(found.type.valtype, bits):
                    found.preset(bits)


def _kind(wanted: Import) -> str:
    return _KIND_OF[type(wanted.desc)]


def _imports(inst: ModuleInst) -> tuple[int, ...]:
    """Store addresses of an instance's imports: each space begins with them."""
    spaces = {kind: iter(addresses) for kind, addresses in _owned(inst).items()}
    return tuple(next(spaces[_kind(i)]) for i in inst.compiled.module.imports)


def _made(store: Store) -> list[tuple[str, Any]]:
    """(kind, entity) of everything that the host made, not an instance."""
    spaces = _spaces(store)
    funcs = spaces.pop("func").singles[1:]       # the first is reserved
    owned = {kind: set[int]() for kind in spaces}
    for inst in store.instances:
        counts = dict.fromkeys(_KINDS, 0)
        for i in inst.compiled.module.imports:
            counts[_kind(i)] += 1
        addresses = _owned(inst)
        for kind, known in owned.items():
            known.update(addresses[kind][counts[kind]:])
    made = [(kind, entity) for kind, space in spaces.items() for entity in space
            if entity.addr not in owned[kind]]
    return [*(("func", func) for func in funcs), *made]


def _describe(kind: str, entity: Any) -> tuple[Any, ...]:
    if kind == "func":
        return (entity.name,)
    if kind == "tag":
        return (entity.name, tuple(map(_storable, entity.type.params)))
    if kind == "global":
        return (_storable(entity.type.valtype), entity.type.mutable,
                None if entity.type.mutable else wire.pack_bits(entity.bits))
    declared = entity.declared
    sizes = (declared.limits.min, declared.limits.max, declared.is64)
    return sizes if kind == "memory" else (_storable(declared.element), *sizes)


def _storable(t: ValType) -> ValType:
    if t not in _HOST_TYPES:
        raise SnapshotError("a host object has a type that names other types: it can't be saved")
    return t


def _new(store: Store, kind: str, what: tuple[Any, ...]) -> None:
    if kind == "memory":
        store.new_memory(MemType(Size(*what[:2]), what[2]))
    elif kind == "table":
        store.new_table(TableType(what[0], Size(*what[1:3]), what[3]))
    elif kind == "tag":
        store.new_tag(TagType(FuncType(what[1])), what[0])
    else:
        store.new_global(GlobalType(*what[:2]), 0)


def _externs(store: Store, compiled: Compiled, part: Part) -> list[Extern]:
    spaces = _spaces(store)
    found: list[Extern] = []
    for want, addr in zip(compiled.module.imports, part.imports, strict=True):
        kind = _kind(want)
        if addr >= len(spaces[kind]) or (kind == "func" and addr == 0):
            raise SnapshotError(f"the store's outline is damaged: no {kind} {addr}")
        found.append(spaces[kind][addr])
    return found


# -- reading ---------------------------------------------------------------------------------

def _part(value: object, modules: int) -> Part:
    module, imports = wire.array(value, "an instance", 2)
    data = wire.blob(imports, "an instance's imports")
    if len(data) % 4:
        raise SnapshotError("an instance's imports are cut short")
    return Part(wire.integer(module, "an instance's module", 0, modules - 1),
                tuple(array("I", data)))


def _host(value: object) -> tuple[str, int, tuple[Any, ...]]:
    kind, addr, what = wire.array(value, "a host object", 3)
    name = _KINDS[wire.integer(kind, "the kind of a host object", 0, len(_KINDS) - 1)]
    where = wire.integer(addr, "the address of a host object", 0, wire.U32)
    if name == "func":
        text, = wire.array(what, "a host function", 1)
        return name, where, (wire.text(text, "the name of a host function"),)
    if name == "tag":
        text, params = wire.array(what, "a host tag", 2)
        return name, where, (wire.text(text, "the name of a host tag"), tuple(
            map(_valtype, wire.array(params, "what a host tag carries"))))
    if name == "global":
        return name, where, _global(wire.array(what, "a host global", 3))
    return name, where, _sized(name, wire.array(what, f"a host {name}"))


def _global(what: tuple[object, ...]) -> tuple[Any, ...]:
    t, mutable = _valtype(what[0]), wire.boolean(what[1], "a global's mutability")
    if what[2] is None:
        return t, mutable, None
    bits = wire.bits(what[2], "a host global's value")
    if bits >> 64 * slots_of(t):
        raise SnapshotError(f"a host global's value is {bits:#x}, too large for its type")
    return t, mutable, what[2]


def _sized(name: str, what: tuple[object, ...]) -> tuple[Any, ...]:
    """The type of a memory or table, of which a table has an element type first."""
    first: tuple[Any, ...] = ()
    if name == "table":
        first, what = (_valtype(what[0] if what else None),), what[1:]
    low, high, is64 = wire.array(what, f"the size of a host {name}", 3)
    low = wire.integer(low, f"the size of a host {name}")
    return (*first, low,
            None if high is None else wire.integer(high, f"the largest size of a host {name}", low),
            wire.boolean(is64, "the width of addresses"))


def _valtype(value: object) -> ValType:
    t = wire.integer(value, "a value type")
    if t not in _HOST_TYPES:
        raise SnapshotError(f"a value type is {t:#x}, which is none")
    return t


def _limits(value: object) -> Limits:
    names = [field.name for field in fields(Limits)]
    values = wire.array(value, "the store's limits", len(names))
    return Limits(*(wire.integer(v, f"the limit {name}", 0, _MOST)
                    for name, v in zip(names, values, strict=True)))
