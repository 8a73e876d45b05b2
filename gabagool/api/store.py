"""The store of the public API: what all instances and externs belong to."""

from __future__ import annotations

from functools import cached_property

from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store as RuntimeStore


class Store:
    """Holds everything that is instantiated. `limits` bound what guests may use."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.inner = RuntimeStore(limits or Limits())

    @cached_property
    def machine(self) -> Machine:
        """The machine that plain calls run on."""
        return Machine(self.inner)
