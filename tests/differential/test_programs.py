"""The repository's programs in gabagool and in wasmtime: results, output, how they end."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import wasmtime

from gabagool.runtime.stops import StopReason
from gabagool.types import F64, I32
from tests.machines import Guest
from tests.runtime.cases import CASES, PROGRAMS, Case, begin

from .engines import new_engine, their_kind

FUNCTIONS = [case for case in CASES if case.argv is None]
# wasmtime knows no legacy exceptions
COMMANDS = [case for case in CASES if case.argv is not None and "legacy" not in case.program]
ENGINE = new_engine()


def load(case: Case) -> wasmtime.Module:
    return wasmtime.Module.from_file(ENGINE, str(PROGRAMS / f"{case.program}.wasm"))


@pytest.mark.parametrize("case", FUNCTIONS, ids=lambda case: case.name)
def test_function(case: Case) -> None:
    ours = Guest((PROGRAMS / f"{case.program}.wasm").read_bytes())
    result, = ours.func(case.entry).type.results
    store = wasmtime.Store(ENGINE)
    func = wasmtime.Instance(store, load(case), []).exports(store)[case.entry]
    for argument in (0, 1, 2, 3, 7, *case.args, 40, 100):
        if case.program == "fib" and argument > 20:
            continue
        found, = ours.call(case.entry, argument)
        expected = func(store, argument)
        if result == F64:
            expected, = struct.unpack("<Q", struct.pack("<d", expected))
        assert found == expected % (1 << (32 if result == I32 else 64))


@pytest.mark.parametrize("case", COMMANDS, ids=lambda case: case.name)
def test_command(case: Case, tmp_path: Path) -> None:
    run = begin(case)
    stop = run.machine.run(1 << 40)
    ending = stop.exit_code or 0 if stop.trap is None else stop.trap.message
    assert stop.reason in (StopReason.FINISHED, StopReason.EXIT, StopReason.TRAP)
    output = tmp_path / "output"
    assert ending == wasi(case, output)
    assert bytes(run.output) == output.read_bytes()


def wasi(case: Case, output: Path) -> int | str:
    """Run a command in wasmtime; its exit code or trap."""
    config = wasmtime.WasiConfig()
    config.argv = list(case.argv or ())
    config.env = [("USER", "Ada")]
    config.stdout_file = config.stderr_file = str(output)
    for host, guest in case.dirs:
        config.preopen_dir(host, guest)
    store = wasmtime.Store(ENGINE)
    store.set_wasi(config)
    linker = wasmtime.Linker(ENGINE)
    linker.define_wasi()
    instance = linker.instantiate(store, load(case))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as exit:
        return exit.code
    except wasmtime.Trap as trap:
        return their_kind(trap)
    return 0
