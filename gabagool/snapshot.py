"""Snapshot files: a suspended program, to be resumed in any process, now or later.

Beside the state a file has the modules (unless it is asked to leave them out), what the store
consists of, and the settings that a resumed program goes on with, so it needs nothing else but
what the program had of the outside world. Memories are stored as differences from what
instantiation makes of them (`runtime.initial`). Positions are (function, byte offset in the
module), so a file outlives an engine version.

A file is hostile input: its structure is checked here, and by `Machine.restore_checked` every
position, height, index and reference in it before anything reaches native code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING

import gabagool.container as container
from gabagool.container import Source, StrPath
from gabagool.errors import LimitError, ModuleError, SnapshotError
from gabagool.records import dataclass
from gabagool.runtime import codec, shelf, wire
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.initial import initial
from gabagool.runtime.outline import Outline
from gabagool.runtime.source import Source as ModuleSource
from gabagool.runtime.state import Snapshot
from gabagool.runtime.store import Store

if TYPE_CHECKING:
    from gabagool.runtime.machine import Machine

LIMIT = 1 << 32            # bytes that a file may unpack to, unless the caller says otherwise
ABOUT, STORE, MODULE, STATE = b"INFO", b"STOR", b"MODL", b"STAT"
KINDS = ("snapshot", "recording")
_HASH = 32                 # bytes of a SHA-256


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself: its kind, the program's name, how it was started.

    `entry` is the function's name with its arguments, as people would write it. `settings` are
    what hosts need to go on, by the name of the host: (key, value) pairs of texts and numbers.
    """

    kind: str
    program: str = ""
    entry: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)

    def wire(self) -> object:
        return (self.kind, self.program, self.entry, [list(pair) for pair in self.settings.items()])

    @classmethod
    def unwire(cls, value: object) -> About:
        kind, program, entry, settings = wire.array(value, "what the file says of itself", 4)
        if kind not in KINDS:
            raise SnapshotError("the file is neither a snapshot nor a recording")
        pairs = [wire.array(pair, "a setting", 2) for pair in wire.array(settings, "the settings")]
        return cls(str(kind), wire.text(program, "the program's name"),
                   wire.text(entry, "what was called"),
                   {wire.text(key, "a setting's name"): value for key, value in pairs})


# -- the parts that snapshots and recordings share -------------------------------------------

def opening(about: About, store: Store, modules: bool = True) -> Iterator[bytes]:
    """The beginning of a file, up to and with the modules."""
    yield container.preface()
    yield from container.framed(ABOUT, wire.pack(about.wire()))
    yield from container.framed(STORE, wire.pack(Outline.of(store).wire()))
    if modules:
        for compiled in distinct(store):
            yield from packed(compiled)


def distinct(store: Store) -> list[Compiled]:
    """The modules of a store's instances, each once, in an outline's order."""
    return list({inst.compiled.hash: inst.compiled for inst in store.instances}.values())


def packed(compiled: Compiled) -> list[bytes]:
    """A module's chunk, compressed. Kept, as programs are suspended more than once."""
    known = _packed.get(compiled.hash)
    if known is None:
        payload = shelf.packed(compiled.hash)
        if payload is None:
            payload = container.pack(compiled.module.source, _MODULE_LEVEL)
            shelf.keep(compiled, payload)
        known = _packed[compiled.hash] = container.framed(MODULE, compiled.hash, payload)
        while len(_packed) > _PACKED:
            del _packed[next(iter(_packed))]
    return known


_packed: dict[bytes, list[bytes]] = {}
_PACKED = 8
_MODULE_LEVEL = 3


def read_about(source: Source) -> About:
    return About.unwire(wire.unpack(source.one(ABOUT), "what the file says of itself"))


def read_outline(source: Source) -> Outline:
    return Outline.unwire(wire.unpack(source.one(STORE), "the store's outline"))


def read_modules(source: Source, outline: Outline, given: Iterable[Compiled] = (),
                 limit: int = LIMIT) -> list[Compiled]:
    """The modules of an outline, from the file or from those given.

    Raises SnapshotError that names what is missing.
    """
    known = {compiled.hash: compiled for compiled in given}
    for chunk in source.all(MODULE):
        part = source.peek(chunk, _HASH)
        if part in outline.hashes and part not in known:
            known[part] = _shelved(part) or _compiled(source.read(chunk), limit)
    missing = [part for part in outline.hashes if part not in known]
    if missing:
        raise SnapshotError(f"the file was written without the module {names(missing)}; "
                            "give it (--module PROG.wasm)")
    return [known[part] for part in outline.hashes]


def _shelved(part: bytes) -> Compiled | None:
    """The module with this hash, if this computer has had it."""
    binary = shelf.binary(part)
    return None if binary is None else Compiled(ModuleSource(binary, known=part))


def _compiled(data: bytes, limit: int) -> Compiled:
    payload = memoryview(data)[_HASH:]
    binary = container.unpack(payload, limit, "the module in the file")
    try:
        compiled = Compiled(binary)
    except ModuleError as error:
        raise SnapshotError(f"the module in the file is no good: {error}") from error
    if compiled.hash != data[:_HASH]:
        raise SnapshotError("the module in the file is not the one it says it is")
    shelf.keep(compiled, payload)
    return compiled


def replica(source: Source, given: Iterable[Compiled] = (), limit: int = LIMIT) -> Store:
    """A store of the file's outline that nothing of the host is behind: to look and to replay."""
    outline = read_outline(source)
    return outline.build(read_modules(source, outline, given, limit), _refuse)


def _refuse(name: str, _type: object) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise SnapshotError(f"{name} was not called here when this was recorded")

    return call


def names(hashes: Sequence[bytes]) -> str:
    return ", ".join(part.hex()[:12] for part in hashes) or "(none)"


# -- snapshots -------------------------------------------------------------------------------

def pieces(machine: Machine, about: About, modules: bool = True) -> Iterator[bytes]:
    """A snapshot file of a machine's state, in pieces. The file has no journal: whoever restores
    it begins a new one."""
    yield from opening(replace(about, kind="snapshot"), machine.store, modules)
    state = replace(machine.exported(copy=False), journal=0)
    yield from container.framed(STATE, codec.encode(state, initial(machine.store)).data)


def read_state(source: Source, base: Snapshot, limit: int = LIMIT) -> Snapshot:
    """The (unchecked) state in a file; `base` is the initial one of a store of its outline.

    It is good for as long as the base is: for one restore.
    """
    snapshot = codec.decode(source.one(STATE), base, limit, onto_base=True)
    if snapshot.journal:
        raise SnapshotError("the snapshot file is damaged: it has a journal's position")
    return snapshot


def dump(machine: Machine, about: About | None = None, modules: bool = True) -> bytes:
    """A snapshot file's bytes."""
    return b"".join(pieces(machine, about or About("snapshot"), modules))


def load(source: Source | bytes, machine: Machine, limit: int = LIMIT) -> None:
    """Put `machine` in a saved state. Its store must have been put together in the same way from
    the same modules; `gabagool.resume` makes one that is.

    Raises SnapshotError, leaving the machine as it was.
    """
    if isinstance(source, bytes):
        source = Source(source)
    saved, own = read_outline(source), Outline.of(machine.store)
    if saved.hashes != own.hashes:
        raise SnapshotError(
            f"this is a snapshot of another program: it has the modules {names(saved.hashes)}, "
            f"this one {names(own.hashes)}; give the program that it was made from")
    if replace(saved, limits=own.limits) != own:
        raise SnapshotError("the snapshot's program was linked in another way than this one; "
                            "resume it in a store of its own")
    machine.restore_checked(read_state(source, initial(machine.store), limit))


def save_file(path: StrPath, machine: Machine, about: About | None = None,
              modules: bool = True) -> int:
    """Write the machine's state to `path`, whole or not at all; the file's size in bytes.

    Raises OSError, or SnapshotError for what a file can't hold.
    """
    return container.write_file(path, pieces(machine, about or About("snapshot"), modules))


def load_file(path: StrPath, machine: Machine, limit: int = LIMIT) -> None:
    """`load` from a file. Raises OSError too."""
    with located(path) as source:
        load(source, machine, limit)


@contextmanager
def located(path: StrPath) -> Iterator[Source]:
    """A file's chunks; what is wrong with them is said with the file's name."""
    with naming(path):
        source = container.open_source(path)
        try:
            yield source
        finally:
            source.close()


@contextmanager
def naming(path: StrPath) -> Iterator[None]:
    """SnapshotErrors get the file's name; its limits may be more than there is room for."""
    try:
        yield
    except (SnapshotError, LimitError) as error:
        raise SnapshotError(f"{os.fspath(path)}: {error}") from error
