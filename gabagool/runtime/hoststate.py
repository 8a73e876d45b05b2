"""What snapshots ask of host objects that have state."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


class World:
    """What the outside is to a run: None to the one that really happens, and to a branch one of
    these.

    `since` is the number of its first call that was made, in its journal: up to it all is as in the
    world of its `parent`. `own_files`: it has no more of what it changes in common with that.
    `exact`: its files were as they had been at that call.
    """

    def __init__(self, parent: World | None) -> None:
        self.parent = parent
        self.since: int | None = None
        self.own_files = False
        self.exact = True


class HostState(Protocol):
    """A host object whose state belongs to snapshots; `version` changes whenever it does."""

    @property
    def version(self) -> int: ...

    def state(self) -> object: ...

    def restore(self, state: Any) -> None: ...


@runtime_checkable
class Outward(Protocol):
    """A host object that holds resources outside, such as files."""

    def seal(self) -> object:
        """What `reopen` needs to know them again: part of snapshots in files."""

    def reopen(self, sealed: Any, force: bool) -> None:
        """After `restore` in another process: get hold of them now. SnapshotError if they are
        gone or not as sealed (None: unknown), unless forced."""


@runtime_checkable
class Worldly(Protocol):
    """A host object that changes the outside, which branches must not do to each other."""

    def enter(self, world: World | None, call: int | None) -> None:
        """The next call is made in this world. It is that number `call` of a recording, None if
        none is made."""
