"""Threaded code: what native code executes, translated from lowered code and kept in one arena."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from gabagool.errors import LimitError
from gabagool.native.descriptors import CODE_ALIGN
from gabagool.native.engine import PLAIN, READING, Native, is_ready, native
from gabagool.native.layout import FuncRec
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import FuncInst, ModuleInst
from gabagool.runtime.funcspace import FuncSpace
from gabagool.runtime.region import Region
from gabagool.valid.lowered import Lowered

if TYPE_CHECKING:
    from gabagool.runtime.breaks import Breaks

ARENA = 1 << 31          # address space for threaded code; its shadow is as large
_FINISH = "finish"       # the word that the outermost frame returns to


class Threaded:
    """The part of a store that threads its functions. The arena starts with one `finish` word."""

    funcs: FuncSpace
    func_records: Region

    def __init__(self) -> None:
        self._native: Native | None = None
        self.arena = Region(2 * ARENA, 16)
        self.mode = PLAIN                    # of all threaded code
        self._batched: set[Compiled] = set()      # modules whose batch was threaded
        self._bases: list[int] = []          # addresses of threaded functions, ascending
        self._based: list[FuncInst] = []
        self.patched_for: Breaks | None = None     # whose breakpoints, probes and mode it has

    @property
    def native(self) -> Native:
        """Native code, waited for when it is first needed: it may be under way."""
        if self._native is None:
            self.native = native()
        assert self._native is not None
        return self._native

    @native.setter
    def native(self, new: Native) -> None:
        self._native = new
        self.arena.put_u64(0, new.handler(_FINISH))

    @property
    def shadow(self) -> int:
        """Distance from a word to its shadow."""
        return ARENA

    def thread(self, func: FuncInst) -> None:
        """Lower and thread a wasm function, so that native code can call it, and with it what else
        is lowered of its module: that is going to be called, too."""
        assert func.instance is not None
        compiled = func.instance.compiled
        if self._native is None:
            compiled.lower_ahead(func.funcidx, is_ready)
        if compiled not in self._batched:
            self._batched.add(compiled)
            self._thread_batch(func.instance)
        self.thread_alone(func)

    def thread_alone(self, func: FuncInst) -> None:
        """Lower and thread a wasm function, unless that is done."""
        assert func.instance is not None
        if not func.base:
            self._thread(func, func.instance.compiled.lowered(func.funcidx))

    def _thread_batch(self, inst: ModuleInst) -> None:
        """Thread all that is lowered of a module, for the first instance that calls it."""
        batch = inst.compiled.batch()
        if batch is None or not batch.plain or self._room() < batch.size:
            return
        base = self._allot(batch.size)
        self._need_mode()
        self.native.thread_kept(base, batch.code_address, batch.rows_address, batch.plain,
                                self.func_records.address, inst.maps, self.mode)
        for funcidx, start in zip(batch.funcidxs[:batch.plain], batch.starts, strict=False):
            func = self.funcs[inst.funcs[funcidx]]
            if func.base:           # it was threaded before, and may be running
                self.func_records.put_u64(func.addr * FuncRec.SIZE + FuncRec.CODE, func.base)
            else:
                self._note(func, base + start)

    def _room(self) -> int:
        """Bytes of threaded code that there is space for."""
        return ARENA - self.arena.size

    def _allot(self, size: int) -> int:
        """The address of space for threaded code."""
        if size > self._room():
            raise LimitError(f"lowered code is over {ARENA} bytes")
        offset = self.arena.size
        self.arena.size = offset + -(-size // CODE_ALIGN) * CODE_ALIGN
        return self.arena.address + offset

    def _note(self, func: FuncInst, base: int) -> None:
        """A function's code lies at this address, behind all others'."""
        func.base = base
        self._bases.append(base)
        self._based.append(func)

    def _thread(self, func: FuncInst, lowered: Lowered) -> None:
        self._note(func, self._allot(len(lowered.code)))
        self.rethread(func)
        at = func.addr * FuncRec.SIZE
        self.func_records.put_u32(at + FuncRec.HEADER, lowered.header)
        self.func_records.put_u32(at + FuncRec.ZERO, lowered.param_size)
        self.func_records.put_u32(at + FuncRec.FRAME, lowered.frame)
        self.func_records.put_u64(at + FuncRec.CODE, func.base)

    def _need_mode(self) -> None:
        """Have the handlers of the mode."""
        if self.mode == READING:
            self.native.need(READING)

    def rethread(self, func: FuncInst) -> None:
        """Write a function's threaded code afresh: every word fused, none replaced."""
        assert func.instance is not None and func.lowered is not None
        lowered = func.lowered
        for unit in lowered.units:
            self.native.need(unit)
        self._need_mode()
        tables = lowered.code[lowered.length:]
        start = func.base - self.arena.address + lowered.length
        self.arena.view[start:start + len(tables)] = tables
        maps: dict[str, array[int]] = func.instance.maps
        maps["self"][0] = func.addr
        self.native.thread(func.base, lowered.code, lowered.length, maps, self.mode)

    def improve(self) -> list[FuncInst]:
        """Go over to better native code if it is there by now; the functions changed.

        Threaded code with breakpoints or probes wants them back (`Breaks.code_changed`).
        """
        better = self.native.better() if self.native.is_quick else None
        if better is None:
            return []
        self.native = better
        for func in self._based:
            self.rethread(func)
        return self._based

    @property
    def based(self) -> list[FuncInst]:
        """The functions that are threaded, in the order in which they were."""
        return self._based

    def thread_all(self, mode: str) -> list[FuncInst]:
        """Have all code be of this mode; the functions changed."""
        if mode == self.mode:
            return []
        self.mode = mode
        for func in self._based:
            self.rethread(func)
        return self._based

    def func_at(self, pc: int) -> tuple[FuncInst, int]:
        """The function whose code holds the address `pc`, and the code position in it."""
        i = bisect_right(self._bases, pc) - 1
        if i < 0:
            return self.funcs[0], 0
        return self._based[i], pc - self._bases[i]
