"""Every vector instruction does what wasmtime's does, bit for bit, run whole and step by step."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import wasmtime

from gabagool.errors import Trap
from gabagool.isa.row import Row
from gabagool.isa.vector import MEMORY, ROWS
from gabagool.runtime.tapping import MemoryWrites, TapSpec
from gabagool.types import F32, F64, I32, I64, V128, ValType, valtype_name
from tests.machines import Guest, wat

from .test_nan import VALUES

RESULT = 64
SIZES = {I32: 4, F32: 4, I64: 8, F64: 8, V128: 16}
WORDS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
         0x7FFF7FFF, 0x80008000, 0x80808080, 0x01020304, 0x4F000000, 0xCF000001, 0x41200000)
ROUNDS = 40
# The deterministic profile rounds twice; wasmtime's deterministic choice is to fuse.
FUSED = ("madd",)
COMPARED = [row for row in ROWS if not row.mnemonic.endswith(FUSED)]


def _immediates(row: Row, rng: random.Random) -> str:
    texts = []
    for kind in row.imms:
        if kind == "memarg":
            texts.append(rng.choice(("", "offset=3")))
        elif kind == "v128":
            texts.append("i32x4 1 0xffffffff 0x80000000 4")
        elif kind == "lanes32":
            texts.append(" ".join(str(rng.randrange(32)) for _ in range(16)))
        else:
            texts.append(str(rng.randrange(int(kind.removeprefix("lane")))))
    return " ".join(texts)


@dataclass(frozen=True)
class Home:
    """The memory that is used: those before it, the type of its addresses, its index."""

    before: str = ""
    address: str = "i32"
    index: str = ""

    @property
    def text(self) -> str:
        return f'{self.before} (memory (export "memory") {self.address} 1)'


def _operand(i: int, t: ValType, row: Row, home: Home) -> str:
    if i == 0 and "memarg" in row.imms:
        return f"({home.address}.const {RESULT})"
    return f"({valtype_name(t)}.load {home.index} ({home.address}.const {16 * i}))"


def _function(row: Row, variant: int, home: Home) -> str:
    """Operands come from memory and the result goes there: no host passes vectors."""
    rng = random.Random(variant)
    operands = " ".join(_operand(i, t, row, home) for i, t in enumerate(row.params))
    index = home.index if "memarg" in row.imms else ""
    body = f"{operands} {row.mnemonic} {index} {_immediates(row, rng)}"
    if row.results:
        t = valtype_name(row.results[0])
        body = f"{home.address}.const {RESULT} {body} {t}.store {home.index}"
    return f'(func (export "{row.mnemonic} {variant}") {body})'


def _module(rows: Sequence[Row], home: Home) -> str:
    return (f'(module {home.text}'
            f'{" ".join(_function(row, v, home) for row in rows for v in range(VARIANTS))})')


VARIANTS = 3
MODULE = _module(ROWS, Home())
# Where vectors are not in memory 0 with 32-bit addresses.
ELSEWHERE = {"64 bits": Home(address="i64"), "second": Home("(memory 1)", "i32", "1"),
             "second of 64 bits": Home("(memory 1)", "i64", "1")}


def _input(rng: random.Random) -> bytes:
    """Three operands of interesting lanes, and what memory instructions find."""
    def operand() -> bytes:
        kind = rng.randrange(4)
        if kind == 0:
            return rng.randbytes(16)
        if kind == 1:
            return b"".join(rng.choice(VALUES[F32]).to_bytes(4, "little") for _ in range(4))
        if kind == 2:
            return b"".join(rng.choice(VALUES[F64]).to_bytes(8, "little") for _ in range(2))
        return b"".join(rng.choice(WORDS).to_bytes(4, "little") for _ in range(4))
    return b"".join(operand() for _ in range(6))


@pytest.fixture(scope="module")
def guest() -> Guest:
    return Guest(MODULE)


@pytest.fixture(scope="module")
def reference() -> tuple[wasmtime.Store, wasmtime.InstanceExports]:
    config = wasmtime.Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd_deterministic = True
    store = wasmtime.Store(wasmtime.Engine(config))
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, wat(MODULE)), [])
    return store, instance.exports(store)


@pytest.mark.parametrize("row", COMPARED, ids=lambda row: row.mnemonic)
def test_instruction(row: Row, guest: Guest,
                     reference: tuple[wasmtime.Store, wasmtime.InstanceExports]) -> None:
    store, exports = reference
    memory = guest.store.memories[0]
    theirs = exports["memory"]
    rng = random.Random(row.mnemonic)
    for i in range(ROUNDS):
        given = _input(rng)
        name = f"{row.mnemonic} {i % VARIANTS}"
        memory.write(0, given)
        theirs.write(store, given, 0)
        guest.call(name)
        exports[name](store)
        found = memory.read(0, len(given))
        assert found == bytes(theirs.read(store, 0, len(given))), given.hex()
        memory.write(0, given)
        machine = guest.begin(name)
        while machine.ended is None:
            machine.run(machine.step + 1)
        assert memory.read(0, len(given)) == found, given.hex()


@pytest.mark.parametrize("name", ELSEWHERE)
def test_in_other_memories(name: str, guest: Guest) -> None:
    """As in memory 0 with 32-bit addresses."""
    other = Guest(_module(MEMORY, ELSEWHERE[name]))
    here, there = guest.store.memories[0], other.store.memories[-1]
    rng = random.Random(name)
    for row in MEMORY * 5:
        given = _input(rng)
        function = f"{row.mnemonic} {rng.randrange(VARIANTS)}"
        for memory, instance in ((here, guest), (there, other)):
            memory.write(0, given)
            instance.call(function)
        assert there.read(0, 128) == here.read(0, 128), function


@pytest.mark.parametrize("row", MEMORY, ids=lambda row: row.mnemonic)
@pytest.mark.parametrize("name", ELSEWHERE)
def test_bounds_of_other_memories(name: str, row: Row) -> None:
    home = ELSEWHERE[name]
    lane = " 0" if len(row.imms) > 1 else ""
    value = "(v128.const i64x2 -1 -1)" if len(row.params) > 1 else ""
    drop = "drop" if row.results else ""
    guest = Guest(f"""(module {home.text} (func (export "f") (param {home.address})
        (local.get 0) {value} {row.mnemonic} {home.index} offset=16{lane} {drop}))""")
    last = 65536 - 16 - row.align
    guest.call("f", last)
    for beyond in (last + 1, 65536, 0xFFFFFFFF, (1 << 64) - 1, (1 << 64) - 16)[
            :3 if home.address == "i32" else 5]:
        with pytest.raises(Trap, match="out of bounds memory access"):
            guest.call("f", beyond)


def test_writes_to_other_memories_are_noted() -> None:
    guest = Guest("""(module (memory 1) (memory $b i64 1) (func (export "f")
        (v128.store $b offset=4 (i64.const 100) (v128.const i64x2 -1 -1))
        (v128.store16_lane $b 3 (i64.const 104) (v128.const i64x2 -1 -1))
        (v128.store (i32.const 104) (v128.const i64x2 -1 -1))))""")
    for at, step in ((103, None), (104, 5), (105, 5), (106, 2), (119, 2), (120, None)):
        machine = guest.begin("f")
        tap, = machine.taps.arm([TapSpec(MemoryWrites(1, at, 1))])
        machine.run(100)
        assert tap.last == step, at


def _floats(data: bytes, width: int) -> list[int]:
    return [int.from_bytes(data[i:i + width], "little") for i in range(0, 16, width)]


@pytest.mark.parametrize("shape", ["f32x4", "f64x2"])
@pytest.mark.parametrize("negative", [False, True])
def test_multiply_and_add_round_twice(shape: str, negative: bool) -> None:
    """The deterministic profile's choice: as two instructions would."""
    two = f"{shape}.mul (local.get 2) {shape}.add"
    first = f"({shape}.neg (local.get 0))" if negative else "(local.get 0)"
    guest = Guest(f"""(module
        (func (export "one") (param v128 v128 v128) (result v128)
          ({shape}.relaxed_{"n" * negative}madd (local.get 0) (local.get 1) (local.get 2)))
        (func (export "two") (param v128 v128 v128) (result v128)
          {first} (local.get 1) {two}))""")
    rng = random.Random(5)
    for _ in range(300):
        given = _input(rng)
        operands = [int.from_bytes(given[i:i + 16], "little") for i in (0, 16, 32)]
        assert guest.call("one", *operands) == guest.call("two", *operands)


COMPUTING = ("ceil", "floor", "trunc", "nearest", "sqrt", "add", "sub", "mul", "div", "min", "max")


@pytest.mark.parametrize("shape", ["f32x4", "f64x2"])
@pytest.mark.parametrize("operation", COMPUTING)
def test_nans_are_canonical(shape: str, operation: str) -> None:
    """LLVM takes one NaN for as good as another, and must not: see Vector.canon."""
    unary = operation in COMPUTING[:5]
    guest = Guest(f"""(module (func (export "f") (param v128 v128) (result v128)
        (local.get 0) {"" if unary else "(local.get 1)"} {shape}.{operation}))""")
    t, width = (F32, 4) if shape == "f32x4" else (F64, 8)
    values = VALUES[t]
    for i in range(len(values) ** 2):
        lanes = [values[(i + k) % len(values)].to_bytes(width, "little") for k in range(4)]
        others = [values[i // len(values)].to_bytes(width, "little")] * 4
        operands = [int.from_bytes(b"".join(x)[:16], "little") for x in (lanes, others)]
        result, = guest.call("f", *operands)
        for lane in _floats(result.to_bytes(16, "little"), width):
            magnitude = lane & ~(1 << (8 * width - 1))
            infinity = 0x7F800000 if t == F32 else 0x7FF0000000000000
            quiet = 0x7FC00000 if t == F32 else 0x7FF8000000000000
            assert magnitude <= infinity or lane == quiet, hex(lane)
