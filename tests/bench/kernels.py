"""The programs that are measured; see programs/README.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gabagool import Func, Instance, Linker, Machine, Module, Store

PROGRAMS = Path(__file__).parents[2] / "programs"
FOREVER = 1 << 62           # more steps than any run takes


def linear(most: int) -> Callable[[float], int]:
    """The argument of a program whose work is in proportion to it."""
    return lambda share: max(1, round(most * share))


def exponential(most: int, base: float) -> Callable[[float], int]:
    """The argument of a program whose work grows by `base` with each one more."""
    return lambda share: max(1, most + round(math.log(share, base)))


@dataclass(frozen=True)
class Kernel:
    """An exported function, and its argument for a share of the whole work."""

    program: str
    export: str
    argument: Callable[[float], int]

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.program}.wasm"

    def name(self, share: float) -> str:
        name = self.export if self.export == self.program else f"{self.program}.{self.export}"
        return f"{name}({self.argument(share)})"

    def func(self) -> tuple[Store, Func]:
        """The function in a fresh instance."""
        store = Store()
        linker = Linker(store)
        linker.define_wasi()
        instance: Instance = linker.instantiate(Module.from_file(self.path))
        func = instance.exports(store)[self.export]
        assert isinstance(func, Func)
        return store, func

    def start(self, share: float) -> Machine:
        """A machine that stands before the function's first instruction."""
        store, func = self.func()
        return func.start(store, self.argument(share))

    def steps(self, share: float) -> int:
        return self.start(share).run(FOREVER).step


KERNELS = (
    Kernel("collatz", "collatz", linear(200_000)),
    Kernel("fib", "fib", exponential(35, (1 + math.sqrt(5)) / 2)),
    Kernel("sieve", "sieve", linear(10_000_000)),
    Kernel("sha256", "bench", linear(50)),
    Kernel("nbody", "nbody", linear(250_000)),
)
BILLION = Kernel("billion", "billion", linear(10_000_000))
