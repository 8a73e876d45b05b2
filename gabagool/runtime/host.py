"""Host calls (spec §4.6.12, host functions), live and replayed through the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgpack

from gabagool.errors import Exit, SnapshotError, Thrown, Trap
from gabagool.native.layout import REF_HOST, REF_SHIFT
from gabagool.runtime import replay
from gabagool.runtime.difference import changed, difference
from gabagool.runtime.entities import FuncInst, MemoryInst, ModuleInst
from gabagool.runtime.hoststate import Outward, Worldly
from gabagool.runtime.journal import Effect, End, Entry, Journal, Read
from gabagool.runtime.offers import digest
from gabagool.runtime.store import Store
from gabagool.runtime.values import ExnRef, HeapRef, from_bits, to_bits
from gabagool.types import ANY, EXTERN, I32, I64, ValType, is_nullable, is_ref, valtype_name

if TYPE_CHECKING:
    from gabagool.runtime.machine import Machine


class Caller:
    """What a host function gets as first argument: the calling instance and its surroundings."""

    def __init__(self, machine: Machine, instance: ModuleInst | None) -> None:
        self._machine = machine
        self.instance = instance
        self.written: list[tuple[int, bytes]] = []

    @property
    def store(self) -> Store:
        return self._machine.store

    @cached_property
    def memory(self) -> MemoryInst:
        """The caller's export "memory", or its memory 0. Traps if it has none."""
        if self.instance is not None:
            export = self.instance.export("memory")
            if export is not None and export[0] == "memory":
                return self.store.memories[export[1]]
            if self.instance.mems:
                return self.store.memories[self.instance.mems[0]]
        raise Trap("the caller has no memory")

    def output(self, fd: int, data: bytes) -> None:
        """Note that the program wrote `data` to its descriptor `fd` (1 stdout, 2 stderr)."""
        self.written.append((fd, data))

    def call(self, func: FuncInst, args: tuple[int, ...]) -> tuple[int, ...]:
        """Call back into wasm: slot bits in, slot bits out."""
        return self._machine.call(func, args)


# The key in a file's host state that is no host's name, but has the seals of all.
_SEALS = ""


def _parts(state: bytes) -> dict[str, Any]:
    """A host state by names of hosts. Raises SnapshotError if it is damaged."""
    try:
        parts = msgpack.unpackb(state, use_list=False, strict_map_key=True)
        return {str(name): part for name, part in parts.items()}
    except (ValueError, TypeError, AttributeError, msgpack.UnpackException) as error:
        raise SnapshotError(f"the host state is damaged: {error}") from error


class HostCalls:
    """Runs host functions for a machine and keeps the journal and the host state in step."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._versions: tuple[int, ...] = ()
        self._live = b""          # state of the live host objects
        self.state = b""          # host state at the machine's boundary

    def refresh(self) -> bytes:
        """The state of the live host objects, encoded; cheap while nothing changed."""
        hosts = self._machine.store.hosts
        versions = tuple(h.version for h in hosts.values())
        if versions != self._versions or not self._live:
            states = {name: hosts[name].state() for name in sorted(hosts)}
            self._live = bytes(msgpack.packb(states, use_bin_type=True)) if states else b"\x80"
            self._versions = versions
        return self._live

    def restore_live(self) -> None:
        """Bring the live objects to the state of the boundary execution goes on from.

        Every live call does it first. Raises SnapshotError if they can't be.
        """
        journal = self._machine.journal
        for host in self._machine.store.hosts.values():
            if isinstance(host, Worldly):
                host.enter(*((None, None) if journal is None else
                             (journal.world, journal.position)))
        if self.refresh() != self.state:
            self._restore(_parts(self.state))

    def _restore(self, states: dict[str, Any]) -> None:
        hosts = self._machine.store.hosts
        missing = states.keys() - hosts.keys() - {_SEALS}
        if missing:
            raise SnapshotError(f"the snapshot needs the host {', '.join(sorted(missing))}; "
                                "define it before going on")
        for name, state in states.items():
            if name != _SEALS:
                hosts[name].restore(state)
        self._versions = ()
        self.refresh()

    def sealed(self) -> bytes:
        """The host state at the boundary, for a file: with what is needed to know outside
        resources again, unless this is a replay and they are not at the boundary."""
        if self.refresh() != self.state:
            return self.state
        seals = {name: host.seal() for name, host in sorted(self._machine.store.hosts.items())
                 if isinstance(host, Outward)}
        if not seals:
            return self.state
        return bytes(msgpack.packb({**_parts(self.state), _SEALS: seals}, use_bin_type=True))

    def reopen(self, force: bool = False) -> None:
        """Before a machine that was restored from a file runs on: get hold now of what it had of
        the outside. Raises SnapshotError if that is gone or changed since, unless forced."""
        self.restore_live()
        seals = _parts(self.state).get(_SEALS)
        for name, host in sorted(self._machine.store.hosts.items()):
            if isinstance(host, Outward):
                host.reopen(seals.get(name) if isinstance(seals, dict) else None, force)
        self.state = self.refresh()  # without the seals, which have served

    def call(self, func: FuncInst, caller: ModuleInst | None, step: int,
             args: tuple[int, ...],
             pinned: Sequence[int] = ()) -> tuple[tuple[int, ...], End | None]:
        """Results as slot bits, and how the call ended if it did not return.

        The host keeps objects only until then, those `pinned` for it included, unless it holds
        them. A replay is told by the journal which it held.
        """
        journal = self._machine.journal
        if journal is not None and not journal.live:
            foreign = journal.position < journal.foreign
            entry = journal.replay(step, func.name, args)
            replay.apply(self._machine.store, func, entry, foreign)
            self._tell(entry.reads)
            if entry.host is not None:
                self.state = changed(self.state, entry.host)
            return entry.results, entry.end
        offers = None if journal is None else journal.offers
        if journal is not None and offers is not None:
            offered = offers.take(self._machine.store.memories, step, func.name, args)
            if offered is not None:
                return self._again(journal, func, replace(offered, step=step))
        self.restore_live()
        context = Caller(self._machine, caller)
        log = self._machine.store.log
        log.effects, log.reads = [] if journal is not None else None, []
        end: End | None = None
        results: tuple[int, ...] = ()
        try:
            with self._machine.store.heap.scope(pinned):
                results = self._call_live(func, context, args)
        except Exit as exit:
            end = ("exit", exit.code)
        except Trap as trap:
            end = ("trap", trap.message)
        except Thrown as thrown:
            end = ("throw", thrown.ref)
        finally:
            effects, log.effects = log.effects, None
        before, self.state = self.state, self.refresh()
        if journal is not None:
            journal.append(Entry(
                step, func.name, args, results, tuple(effects or ()), tuple(context.written), end,
                difference(before, self.state) if self.state != before else None,
                *self._seen(effects or ())))
        return results, end

    def _again(self, journal: Journal, func: FuncInst,
               entry: Entry) -> tuple[tuple[int, ...], End | None]:
        """What another run's call led to, as this one's: the host is not touched."""
        replay.apply(self._machine.store, func, entry, foreign=False)
        self._tell(entry.reads)
        journal.append(entry)
        if entry.host is not None:
            self.state = changed(self.state, entry.host)
        return entry.results, entry.end

    def _tell(self, reads: Iterable[Read]) -> None:
        """What a call has read is for those who watch it."""
        for addr, offset, length in reads:
            self._machine.store.log.saw("memory", addr, offset, length)

    def _seen(self, effects: Sequence[Effect]) -> tuple[tuple[Read, ...], bytes]:
        """What the call just made has read of memories, and its hash.

        b'' if it has read what it had itself written before, which is only known from now.
        """
        store = self._machine.store
        reads, store.log.reads = tuple(store.log.reads), []
        self._tell(reads)
        for effect in effects:
            if effect[0] == "memory" and any(
                    addr == effect[1] and offset < effect[2] + len(effect[3])
                    and effect[2] < offset + length for addr, offset, length in reads):
                return reads, b""
        return reads, digest(store.memories, reads)

    def _call_live(self, func: FuncInst, context: Caller,
                   args: tuple[int, ...]) -> tuple[int, ...]:
        assert func.host is not None
        given = [decode(t, bits, context.store)
                 for t, bits in zip(func.type.params, args, strict=True)]
        returned = func.host(context, *given)
        return encode_results(func, returned, context.store)


def decode(t: ValType, bits: int, store: Store) -> Any:
    """An argument for a host function: ints unsigned (a v128 is one of 128 bits), floats, the
    host's own objects, HeapRefs; references to functions and exceptions as bits."""
    if t in (I32, I64):
        return bits
    if not is_ref(t):
        return from_bits(t, bits)
    if bits & 3 == REF_HOST or bits == 0:
        return store.host_refs.value(bits)
    return HeapRef(bits) if store.types.space.top(t) in (ANY, EXTERN) else bits


def encode_results(func: FuncInst, returned: Any, store: Store) -> tuple[int, ...]:
    """Slot bits of what a host function returned; TypeError names the function."""
    types = func.type.results
    values: tuple[Any, ...] = ()
    if isinstance(returned, tuple | list):
        values = tuple(returned)
    elif types:
        values = (returned,)
    if len(values) != len(types):
        raise TypeError(f"{func.name} returned {len(values)} values, its type is {func.type}")
    return tuple(encode(t, v, store) for t, v in zip(types, values, strict=True))


def encode(t: ValType, value: Any, store: Store) -> int:
    """Slot bits of a Python value; functions are passed as FuncInst.

    TypeError if a reference is not of type `t`: native code relies on it.
    """
    if not is_ref(t):
        return to_bits(t, value)
    if isinstance(value, ExnRef | HeapRef):
        bits = value.bits
    elif isinstance(value, FuncInst):
        bits = value.addr << REF_SHIFT
    else:
        bits = store.host_refs.ref(value)
    if isinstance(value, HeapRef) and bits & 7 == 0 and not store.heap.is_pinned(bits):
        raise TypeError(f"{value!r} is to an object that is gone")
    if not (store.fits(t, bits) if bits else is_nullable(t)):
        raise TypeError(f"{value!r} is not a {valtype_name(t)}")
    return bits
