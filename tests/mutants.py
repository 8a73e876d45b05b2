"""Runs damaged modules: `python -m tests.mutants SEED COUNT`, in a process of its own.

Whatever still validates is instantiated and run for a while. Anything but a GabagoolError is a
fault of the engine and ends the process with its seed; a crash ends it by itself.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from gabagool import GabagoolError, Limits, Module, Store
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.instantiate import Extern, instantiate, start_of
from gabagool.runtime.machine import Machine
from gabagool.types import FuncType, GlobalType, MemType

PROGRAMS = sorted((Path(__file__).parent.parent / "programs").glob("*.wasm"))
FUEL = 20_000
LIMITS = Limits(memory_pages=1024, table_elements=100_000, stack_bytes=1 << 20, call_depth=2_000)


def mutate(source: bytes, rng: random.Random) -> bytes:
    """A few flipped bits, bytes replaced, removed or inserted, or the end cut off."""
    data = bytearray(source)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(8, len(data))
        what = rng.randrange(10)
        if what < 5:
            data[at] ^= 1 << rng.randrange(8)
        elif what < 8:
            data[at] = rng.choice((0, 1, 0x0B, 0x20, 0x40, 0x41, 0x7F, 0x80, 0xFF,
                                   rng.randrange(256)))
        elif what == 8:
            del data[at]
        else:
            data.insert(at, rng.randrange(256))
    return bytes(data[:rng.randrange(8, len(data))] if rng.random() < 0.05 else data)


def imports(store: Store, module: Module) -> dict[tuple[str, str], Extern]:
    """Something of the right type for everything the module wants."""
    found: dict[tuple[str, str], Extern] = {}
    for wanted in module.imports:
        key, inner = (wanted.module, wanted.name), store.inner
        if isinstance(wanted.desc, FuncType):
            results = (0,) * len(wanted.desc.results)
            found[key] = inner.new_host_func(wanted.desc, lambda *_, r=results: r, "host.stub")
        elif isinstance(wanted.desc, GlobalType):
            found[key] = inner.new_global(wanted.desc, 0)
        elif isinstance(wanted.desc, MemType):
            found[key] = inner.new_memory(wanted.desc)
        else:
            found[key] = inner.new_table(wanted.desc)
    return found


def run(source: bytes) -> int:
    """Validate, instantiate and run every export for a while; the number of steps made."""
    module = Module(source)
    store = Store(LIMITS)
    inst = instantiate(store.inner, module.compiled, imports(store, module))
    funcs = [start_of(store.inner, inst)]
    funcs += [store.inner.funcs[inst.funcs[e.index]] for e in module.exports if e.kind == "func"]
    return sum(_run_one(store, func) for func in funcs[:6] if func is not None)


def _run_one(store: Store, func: FuncInst) -> int:
    if func.instance is None:
        return 0
    machine = Machine(store.inner)
    machine.start(func.addr, [7] * len(func.type.params))
    machine.run(FUEL // 2)
    machine.restore(machine.capture())
    machine.run(FUEL)
    return machine.step


def main() -> int:
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    sources = [path.read_bytes() for path in PROGRAMS]
    ran = 0
    for number in range(seed, seed + count):
        rng = random.Random(number)
        source = mutate(rng.choice(sources), rng)
        try:
            ran += run(source) > 0
        except GabagoolError:
            continue
        except BaseException as error:
            print(f"seed {number}: {type(error).__name__}: {error}", flush=True)
            raise
    print(f"{ran} of {count} ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
