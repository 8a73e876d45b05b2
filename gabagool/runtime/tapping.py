"""What can be tapped: the specifications of taps, as frozen data (`runtime.taps` sets them)."""

from __future__ import annotations

from gabagool.native.nodes import Node
from gabagool.records import dataclass
from gabagool.runtime.stops import Position


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions about to execute, in any frame or in the one at stack offset `fp`."""

    positions: tuple[Position, ...]
    fp: int | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """Every instruction that lowers to one of some forms, by name, wherever it is."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class LocalWrites:
    """Writes to local `index` of a function, in the frame at stack offset `fp`."""

    instance: int
    funcidx: int
    index: int
    fp: int


@dataclass(frozen=True, slots=True)
class GlobalWrites:
    """Writes to a global, by store address."""

    addr: int


@dataclass(frozen=True, slots=True)
class MemoryWrites:
    """Writes to `size` bytes at `start` of a memory, by store address."""

    addr: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class TableWrites:
    """Writes to `count` elements at `start` of a table, by store address."""

    addr: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class HostCalls:
    """Calls to host functions, by their names ("module.field"). To conditions the slots of the
    arguments are what is written: `nodes.NEW`."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Instructions about to throw an exception of one of some tags, by store address; None for
    any."""

    tags: frozenset[int] | None = None


Where = (Code | Forms | LocalWrites | GlobalWrites | MemoryWrites | TableWrites | HostCalls
         | Exceptions)


@dataclass(frozen=True, slots=True)
class TapSpec:
    """A tap to be set.

    `reads`: of what is named, reads are hits and not writes. `changed`: a write of the value that
    is there already is no hit. `check` is a condition,
    `values` are what to log. `stop`: hits stop the machine, but for the first `ignore` ones, of
    all taps of a `group` together, unless that is 0.
    Only the steps beyond `after` and before `until` are looked at. `logged`:
    hits go into the log of those that are kept. `pattern`: of memory's writes only those after
    which these bytes lie in what is watched, some of them written just then. `heat`: count
    memory's writes also by lines of so many bytes, a power of two; 0 for not.
    """

    where: Where
    changed: bool = False
    check: Node | None = None
    values: tuple[Node, ...] = ()
    stop: bool = False
    ignore: int = 0
    group: int = 0
    reads: bool = False
    after: int = -1
    until: int = 1 << 62
    logged: bool = True
    pattern: bytes = b""
    heat: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit, at the boundary before `step`. `position` is the instruction, None if unknown.

    For writes, and reads (then `read` is set), `at` is the byte offset in the memory or the element
    in the table, `length` how many were written there, `old` and `new` the first 16 bytes of it
    (or, where no more than 16 are watched, all that is watched). `values` are the bits of what was
    to be logged, None for what couldn't be computed.
    """

    step: int
    position: Position | None
    at: int = 0
    length: int = 0
    old: bytes = b""
    new: bytes = b""
    values: tuple[int | None, ...] = ()
    read: bool = False
