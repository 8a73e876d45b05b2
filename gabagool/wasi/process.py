"""The state of one WASI program on the host's side."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from gabagool.errors import SnapshotError
from gabagool.runtime.hoststate import World
from gabagool.wasi import seals
from gabagool.wasi.clocks import Clocks, HostClocks, VirtualClocks
from gabagool.wasi.config import ConfigError, WasiConfig
from gabagool.wasi.listeners import Listeners
from gabagool.wasi.random import Random
from gabagool.wasi.restore import TableReader, fields, strings
from gabagool.wasi.roots import Roots
from gabagool.wasi.streams import Input, Output
from gabagool.wasi.table import Table
from gabagool.wasi.wait import Waiter
from gabagool.wasi.worlds import Worlds

_FORMAT = 2


class Process:
    """Arguments, environment, descriptors, clocks and randomness of a program.

    `version` is different whenever `state()` is; both are cheap enough for every host call.
    """

    def __init__(self, config: WasiConfig) -> None:
        self.config = config
        self.args = config.argv()
        self.environ = config.environ()
        self.waiter = Waiter(config.wake)
        self.stdin = Input(config.stdin, self.waiter)
        self.outputs = {number: Output(sink, self.waiter)
                        for number, sink in ((1, config.stdout), (2, config.stderr))}
        self.clocks: Clocks = (HostClocks(self.waiter) if config.realtime is None
                               else VirtualClocks(config.realtime))
        self.random = Random(config.seed)
        self.table = _table(config)
        self.worlds = Worlds(self.table)
        self.world: World | None = None
        self.call: int | None = None
        self.keeps_undo = False     # so that branches find files as they were where they began
        self._restores = 0

    def close(self) -> None:
        """Close every file; the program cannot go on."""
        self.enter(None, None)
        self.worlds.close()
        self.table.close_all()

    def enter(self, world: World | None, call: int | None) -> None:
        """Make the next call in the world of a branch, None for what really happens; `call` is its
        number in the journal, if there is one."""
        self.call = call
        if world is not None and world.since is None:
            world.since = call
        if world is not self.world:
            table = self.worlds.table(world)
            # The version must not be one that there was already.
            self._restores += 1 + max(0, self.table.version - table.version)
            self.world, self.table = world, table

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    @property
    def version(self) -> int:
        # Each part's version only grows, so their sum changes when any of them does.
        return (self.table.version + self.clocks.version + self.random.version
                + self.stdin.version + self._restores)

    def state(self) -> tuple[Any, ...]:
        """All of it, msgpack-able; what has not changed since the last call is the same object."""
        return (_FORMAT, self.args, self.environ, self.table.roots.names, self.clocks.state(),
                self.random.state(), self.table.state(), self.table.listeners.names,
                self.stdin.consumed)

    def restore(self, obj: Any) -> None:
        """Take on a state; SnapshotError if it is damaged or does not fit the settings.

        Files still open in this process stay so; others are opened at their first use, as going
        back through a recording must not fail for a file that the program deleted later. Call
        `reopen` where a missing file must be known at once. Connections that were accepted in
        another process are reset.
        """
        version, args, environ, names, clocks, random, table, listeners, consumed = fields(
            obj, "parts", int, *[(list, tuple)] * 4, int, *[(list, tuple)] * 2, int)
        if version != _FORMAT:
            raise SnapshotError(f"WASI state of format {version}; this version reads {_FORMAT}")
        _check_same("directories preopened", strings(names, "preopened directories"),
                    self.table.roots.names)
        _check_same("sockets to listen on", strings(listeners, "listening sockets"),
                    self.table.listeners.names)
        args, environ = strings(args, "arguments"), strings(environ, "environment")
        entries = TableReader(len(names), len(listeners)).table(table)
        self.clocks.restore(clocks)
        self.random.restore(random)
        self.stdin.consumed = consumed
        self.args, self.environ = args, environ
        self.table.replace(entries)
        self._restores += 1

    def seal(self) -> tuple[Any, ...]:
        """What `reopen` needs in another process to know the open files again, msgpack-able."""
        return seals.seal(self.table)

    def reopen(self, sealed: Any = None, force: bool = False) -> None:
        """Open all files that a restored state has open; SnapshotError names those that are
        gone, or are not as they were when `sealed` was made.

        `force` goes on all the same: with changed files, and without those that are gone (what
        the program does with one fails with `stale`).
        """
        seals.reopen(self.table, sealed, force)


def _table(config: WasiConfig) -> Table:
    roots = Roots(config.dirs)
    try:
        return Table(roots, Listeners(config.listen))
    except ConfigError:
        roots.close()
        raise


def _check_same(what: str, needed: tuple[bytes, ...], given: tuple[bytes, ...]) -> None:
    """A snapshot may not name what is the host's: the settings grant it, in the same order."""
    if needed != given:
        want, have = (", ".join(name.decode("utf-8", "replace") for name in names) or "none"
                      for names in (needed, given))
        raise SnapshotError(f"the program had other {what}: {want} (now: {have})")
