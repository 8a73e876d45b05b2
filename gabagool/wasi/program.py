"""The WASI functions of one program."""

from __future__ import annotations

from gabagool.wasi.config import WasiConfig
from gabagool.wasi.functions import Linker, define
from gabagool.wasi.process import Process
from gabagool.wasi.types import PREVIEW1, UNSTABLE

# Host calls that only read the outside, by their full names: the same answer will do again.
INPUTS = frozenset(f"{abi.module}.{name}" for abi in (PREVIEW1, UNSTABLE)
                   for name in ("clock_time_get", "clock_res_get", "random_get"))


class Wasi(Process):
    """The WASI functions of one program, and their state (`version`, `state`, `restore`)."""

    def __init__(self, config: WasiConfig | None = None) -> None:
        super().__init__(config or WasiConfig())

    def define(self, linker: Linker) -> None:
        """Define `wasi_snapshot_preview1` and the older `wasi_unstable`."""
        define(linker, self, PREVIEW1)
        define(linker, self, UNSTABLE)
