"""Machines that are forks of each other: one store, whose state is one machine's at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from gabagool.runtime.state import Snapshot

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection


class Forks:
    """Whose turn it is, and the state of all others. Their pages are shared by snapshots."""

    def __init__(self, first: Inspection) -> None:
        self._present = first
        self._parked: WeakKeyDictionary[Inspection, Snapshot] = WeakKeyDictionary()

    def add(self, machine: Inspection, snapshot: Snapshot) -> None:
        """A new fork, that waits at a boundary."""
        self._parked[machine] = snapshot

    def enter(self, machine: Inspection) -> None:
        """It is this machine's turn: only pages in which it differs are copied."""
        if machine is self._present:
            return
        before, self._present = self._present, machine
        self._parked[before] = before.captures().capture()
        machine.captures().restore(self._parked.pop(machine))
