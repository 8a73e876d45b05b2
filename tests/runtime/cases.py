"""Runs of the repository's programs, short enough to be repeated often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from gabagool import Linker, Machine, Module, Store, WasiConfig
from tests.native.states import state

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"


@dataclass(frozen=True)
class Case:
    """A function call (`argv` is None), or a WASI command."""

    program: str
    entry: str = "_start"
    args: tuple[int, ...] = ()
    argv: tuple[str, ...] | None = None
    dirs: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.program}-{self.entry}"


def _command(program: str, *argv: str, dirs: tuple[tuple[str, str], ...] = ()) -> Case:
    return Case(program, argv=(program, *argv), dirs=dirs)


CASES = (
    Case("stair_climb", "stair_climb", (20,)), Case("fib", "fib", (9,)),
    Case("fib", "fib64", (8,)), Case("collatz", "collatz", (30,)), Case("sieve", "sieve", (500,)),
    Case("stackvm", "run", (5,)), Case("quicksort", "sort_test", (20,)),
    Case("matmul", "matmul", (5,)), Case("nbody", "nbody", (9,)),
    Case("garbage", "garbage", (70,)),
    _command("hello"), _command("greet", "Bob", "Eve"), _command("life", "1"),
    _command("mandelbrot", "8", "4", "30"), _command("sha256", "abc"), _command("oob"),
    _command("readfile", "sample/sample.txt",
             dirs=((str(PROGRAMS / "readfile"), "sample"),)),
    _command("overflow"), _command("corruption"),
    _command("exceptions"), _command("legacy_exceptions", "1/(2-2)", "((9999999999))"),
)


@dataclass
class Run:
    """A machine before its first step, and what it writes to its standard output."""

    machine: Machine
    output: bytearray = field(default_factory=bytearray)

    def summary(self) -> str:
        """The state and output in one short text, equal in every process."""
        digest = hashlib.sha256(repr(state(self.machine)).encode())
        return f"{self.machine.step} {digest.hexdigest()} {hashlib.sha256(self.output).hexdigest()}"


def begin(case: Case) -> Run:
    store = Store()
    linker = Linker(store)
    output = bytearray()
    if case.argv is not None:
        linker.define_wasi(WasiConfig(args=case.argv, dirs=case.dirs, env={"USER": "Ada"},
                                      stdin=None, stdout=output.extend, stderr=output.extend,
                                      realtime=10**18, seed=7))
    instance = linker.instantiate(Module.from_file(PROGRAMS / f"{case.program}.wasm", lazy=True))
    machine = store.machine
    found = instance.inst.export(case.entry)
    assert found is not None
    machine.start(found[1], case.args)
    return Run(machine, output)
