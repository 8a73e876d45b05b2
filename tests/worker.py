"""`python -m tests.worker`: does all there is to do with modules it is sent, and says how it went.

A crash of native code kills this process and not the tests. On standard input each module is its
length (u32) and bytes; the answer is one line: `ok`, the kind of the error that was raised on
purpose, or `bug` and a traceback in one line.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import traceback

from gabagool.errors import GabagoolError
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.instantiate import Extern, instantiate, start_of
from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store
from gabagool.syntax import Import
from gabagool.types import FuncType, GlobalType, MemType, TagType

_LIMITS = Limits(memory_pages=40, table_elements=2000, stack_bytes=1 << 20, call_depth=500,
                 heap_bytes=1 << 22)
_STEPS = 3000


def _import(store: Store, wanted: Import) -> Extern:
    t = wanted.desc
    if isinstance(t, FuncType):
        results = tuple(0 if r in (0x7F, 0x7E) else 0.0 if r < 0x100 else None for r in t.results)
        return store.new_host_func(t, lambda *_: results, wanted.name)
    if isinstance(t, GlobalType):
        return store.new_global(t, 0)
    if isinstance(t, TagType):
        return store.new_tag(t)
    return store.new_memory(t) if isinstance(t, MemType) else store.new_table(t)


def _run(machine: Machine, instance: ModuleInst) -> None:
    """The first steps of every function, with snapshots on the way."""
    start = start_of(machine.store, instance)
    for addr in ([start.addr] if start else []) + instance.funcs:
        func = machine.store.funcs[addr]
        if func.instance is None:
            continue
        try:
            machine.start(addr, [0] * len(func.type.params))
            machine.run(7)
            snapshot = machine.capture()
            machine.run(_STEPS)
            machine.frames(5)
            if machine.position is not None:
                machine.locals()
                machine.operands()
            machine.restore(snapshot)
            machine.run(_STEPS)
        except GabagoolError:
            continue


def attempt(source: bytes) -> None:
    """Decode, validate and lower everything, instantiate, run. Raises GabagoolError."""
    compiled = Compiled(source)
    compiled.func_name(0)
    compiled.validate_all()
    store = Store(_LIMITS)
    instance = instantiate(store, compiled, [_import(store, i) for i in compiled.module.imports])
    _run(Machine(store), instance)


def main() -> None:
    while head := sys.stdin.buffer.read(4):
        source = sys.stdin.buffer.read(*struct.unpack("<I", head))
        try:
            attempt(source)
            answer = "ok"
        except GabagoolError as error:
            answer = type(error).__name__
        except Exception:
            answer = f"bug {traceback.format_exc()!r}"
        print(answer, flush=True)


class Worker:
    """The process, started anew when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, source: bytes) -> str:
        """What became of a module; `died` and the exit status if the process did."""
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, "-m", "tests.worker"],
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(struct.pack("<I", len(source)) + source)
        process.stdin.flush()
        answer = process.stdout.readline().decode().strip()
        if not answer:
            self._process = None
            return f"died {process.wait()}"
        return answer

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()


if __name__ == "__main__":
    main()
