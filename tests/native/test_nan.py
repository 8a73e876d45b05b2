"""Every float operation gives the canonical NaN, whatever NaNs go in (the deterministic profile).

Operations run one by one, in the fused handlers that programs use, and in fused sequences made
of float operations alone, where LLVM would be free to drop the canonicalisation in between.
"""

from __future__ import annotations

import itertools
import random

import pytest
import wasmtime

from gabagool.isa.numeric import ARITHMETIC, CONVERSIONS
from gabagool.isa.row import Row
from gabagool.native import compiler
from gabagool.native.engine import Native
from gabagool.types import F32, F64, ValType, valtype_name
from tests.machines import Guest, wat

from .test_fusion import check

VALUES = {
    F32: (0x7FC00000, 0xFFC00000, 0x7FC00001, 0xFFD55555, 0x7F800001, 0xFFBFFFFF, 0x7FFFFFFF,
          0x7F800000, 0xFF800000, 0, 0x80000000, 1, 0x3F800000, 0xBF800000, 0x7F7FFFFF, 0x4F000000),
    F64: (0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001, 0xFFFAAAAAAAAAAAAA,
          0x7FF0000000000001, 0xFFF7FFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000,
          0xFFF0000000000000, 0, 1 << 63, 1, 0x3FF0000000000000, 0xBFF0000000000000,
          0x7FEFFFFFFFFFFFFF, 0x7FF8000020000000),
}
CANONICAL = {F32: 0x7FC00000, F64: 0x7FF8000000000000}
# These move bits and must not touch a NaN's payload.
TRANSPARENT = ("abs", "neg", "copysign")
OPERATIONS = [row for row in (*ARITHMETIC, *CONVERSIONS)
              if set(row.params) <= {F32, F64} and "trunc_" not in row.mnemonic]


def computes(row: Row) -> bool:
    """Whether a NaN that this operation returns is one that it makes."""
    return row.results[0] in CANONICAL and not row.mnemonic.endswith(TRANSPARENT)


def _integer(t: ValType) -> str:
    return {F32: "i32", F64: "i64"}.get(t, valtype_name(t))


def _name(t: ValType) -> str:
    return valtype_name(t)


def _wrapped(row: Row) -> str:
    """The operation on bits, so that no host passes a NaN as a float."""
    params = " ".join(_integer(t) for t in row.params)
    operands = " ".join(
        f"local.get {i} {_name(t)}.reinterpret_{_integer(t)}" for i, t in enumerate(row.params))
    result = row.results[0]
    back = f"{_integer(result)}.reinterpret_{_name(result)}" if result in (F32, F64) else ""
    if row.mnemonic.startswith(("i32.reinterpret", "i64.reinterpret")):
        back = ""
    return (f"(func (export \"{row.mnemonic}\") (param {params}) (result {_integer(result)})\n"
            f"{operands} {row.mnemonic} {back})")


MODULE = f"(module {' '.join(map(_wrapped, OPERATIONS))})"


def is_nan(t: ValType, bits: int) -> bool:
    return bits & ~(1 << (31 if t == F32 else 63)) > (0x7F800000 if t == F32
                                                     else 0x7FF0000000000000)


@pytest.fixture(scope="module")
def guest() -> Guest:
    return Guest(MODULE)


@pytest.fixture(scope="module")
def reference() -> tuple[wasmtime.Store, wasmtime.Instance]:
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    store = wasmtime.Store(wasmtime.Engine(config))
    module = wasmtime.Module(store.engine, wat(MODULE))
    return store, wasmtime.Instance(store, module, [])


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.mnemonic)
def test_operation(row: Row, guest: Guest,
                   reference: tuple[wasmtime.Store, wasmtime.Instance]) -> None:
    store, instance = reference
    expected = instance.exports(store)[row.mnemonic]
    width = 32 if row.results[0] == F32 or _name(row.results[0]) == "i32" else 64
    for arguments in itertools.product(*(VALUES[t] for t in row.params)):
        found, = guest.call(row.mnemonic, *arguments)
        stepped = guest.begin(row.mnemonic, *arguments)
        while stepped.ended is None:
            stepped.run(stepped.step + 1)
        assert stepped.ended.results == (found,)
        assert found == expected(store, *arguments) % (1 << width), tuple(map(hex, arguments))
        if computes(row) and is_nan(row.results[0], found):
            assert found == CANONICAL[row.results[0]]


# -- fused -----------------------------------------------------------------------------------

# What shows the bits of a result: the fusions below end with one of these.
OBSERVERS = ("{t}.neg", "{t}.abs", "{t}.copysign", "{t}.store", "{i}.reinterpret_{t}", "local.set",
             "local.tee", "global.set", "i32.const|select")


def sequences() -> list[tuple[str, ...]]:
    """Each computing operation with each observer, alone and after another operation."""
    found: list[tuple[str, ...]] = []
    rng = random.Random(3)
    rows = [row for row in OPERATIONS if computes(row)]
    for row in rows:
        t = row.results[0]
        before = [other.mnemonic for other in rows if other.results[0] == row.params[0]]
        for observer in OBSERVERS:
            last = observer.format(t=_name(t), i=_integer(t)).split("|")
            found += [(row.mnemonic, *last), (rng.choice(before), row.mnemonic, *last)]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("level", [compiler.QUICK, compiler.BEST])
def test_fused(level: int) -> None:
    handlers = Native(compiler.compile_main(sequences(), level))
    assert len(handlers.fusions) == len(sequences())
    for names in handlers.fusions:
        for seed in range(3):
            check(names, handlers, seed)
