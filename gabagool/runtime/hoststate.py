"""What snapshots ask of host objects that have state."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


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
