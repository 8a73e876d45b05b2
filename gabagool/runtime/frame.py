"""What services see of a machine."""

from __future__ import annotations

from typing import Protocol

from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.store import Store


class Frame(Protocol):
    """The innermost frame: its slots by byte offset, and what is around it."""

    store: Store
    instance: ModuleInst

    def get(self, slot: int, width: int = 4) -> int: ...

    def put(self, slot: int, bits: int) -> None: ...

    def slots(self, slot: int, count: int) -> memoryview: ...

    def collect(self, needed: int) -> None: ...
