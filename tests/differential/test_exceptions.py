"""Modules that throw, in gabagool and in wasmtime (which knows no legacy exceptions)."""

from __future__ import annotations

import pytest

from gabagool.runtime.compiled import Compiled
from tests.machines import wat
from tests.runtime.throwing import NEW

from .engines import THROWN, Engine, Gabagool, Wasmtime
from .probe import make


@pytest.mark.parametrize("n", range(10))
def test_like_wasmtime(n: int) -> None:
    wasm = wat(NEW)
    probe = make(Compiled(wasm).module)
    engines: tuple[Engine, ...] = (Gabagool(*Gabagool.load(wasm, probe)),
                                   Wasmtime(*Wasmtime.load(wasm, probe)))
    run, = probe.calls
    ours, theirs = (engine.call(run, (n,)) for engine in engines)
    assert ours == theirs
    assert (ours == THROWN) == (n == 8)
