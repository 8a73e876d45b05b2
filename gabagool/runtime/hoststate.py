"""What snapshots ask of host objects that have state."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


class World:
    """What the outside is to a run: None to the one that really happens, and to a branch one of
    these. `own_files`: it has no more of what it changes in common with its `parent`."""

    def __init__(self, parent: World | None) -> None:
        self.parent = parent
        self.own_files = False


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

    def enter(self, world: World | None) -> None:
        """The calls that follow are made in this world."""
