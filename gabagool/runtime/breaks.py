"""Breakpoints and probes in threaded code: a word is replaced, its handler kept in the shadow.

Absent ones cost nothing. Fused words that would run over a replaced word are unfused first. The
machines of a store share its code: it is patched for the one that runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from gabagool.errors import GabagoolError
from gabagool.isa import FORMS
from gabagool.native.engine import PLAIN, READING, TRACING, WATCHING
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.stops import Position
from gabagool.runtime.store import Store


class Breaks:
    """One machine's positions with a breakpoint (which stops) or a probe (which counts)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._breaks: set[Position] = set()
        self._probes: set[Position] = set()
        self._counts: dict[Position, int] = {}      # of probes, while others have the code
        self._on = False
        self._watching = PLAIN                      # the mode that taps want
        self._tracing = False
        self._stale: set[int] = set()       # addresses of functions to be patched anew
        self._hooks: dict[int, dict[int, int]] = {}

    # -- whose code it is --------------------------------------------------------------------

    def own(self) -> None:
        """Have the store's code be this machine's, not another one's."""
        store = self._store
        other = store.patched_for
        if other is self:
            return
        store.patched_for = self
        self._stale |= self._patched() | (other.leave() if other is not None else set())
        store.thread_all(self._mode)
        for position, count in self._counts.items():
            store.arena.put_u64(self._counter_at(position), count)
        self._counts.clear()

    def leave(self) -> set[int]:
        """Another machine is going to run; the addresses of functions that are patched."""
        self._counts = {p: self._store.arena.u64(self._counter_at(p)) for p in self._probes}
        return self._patched() | self._stale

    def _patched(self) -> set[int]:
        return {self.locate(p)[0].addr for p in self._breaks | self._probes} | set(self._hooks)

    @property
    def _mode(self) -> str:
        return TRACING if self._tracing else self._watching

    def watch(self, writes: bool, reads: bool) -> None:
        """Run code that notes memory's writes, or reads too, or no more."""
        self._watching = READING if reads else WATCHING if writes else PLAIN
        self._change_mode()

    def trace(self, on: bool) -> None:
        """Run code that notes calls and returns, or no more."""
        self._tracing = on
        self._change_mode()

    def _change_mode(self) -> None:
        self.own()
        self.code_changed(self._store.thread_all(self._mode))
        self.renew()

    # -- which positions ---------------------------------------------------------------------

    def locate(self, position: Position) -> tuple[FuncInst, int]:
        """The function and code position of an instruction; GabagoolError if it is none."""
        store = self._store
        if not 0 <= position.instance < len(store.instances):
            raise GabagoolError(f"there is no instance {position.instance}")
        inst = store.instances[position.instance]
        if not 0 <= position.funcidx < len(inst.funcs):
            raise GabagoolError(f"there is no function {position.funcidx}")
        func = store.funcs[inst.funcs[position.funcidx]]
        if func.instance is None:
            raise GabagoolError(f"function {position.funcidx} is imported: it has no code")
        if not func.base:
            store.thread(func)
        assert func.lowered is not None
        at = func.lowered.position_at(position.offset)
        if at is None or not FORMS[func.lowered.form_number(at)].steps:
            raise GabagoolError(f"no instruction executes at offset 0x{position.offset:x} of "
                                f"func[{position.funcidx}]")
        return func, at

    def set_break(self, position: Position) -> None:
        self._add(self._breaks, position)

    def clear_break(self, position: Position) -> None:
        self._remove(self._breaks, position)

    def set_probes(self, positions: Iterable[Position]) -> None:
        """Probe exactly these positions; counters start at 0."""
        self.own()
        wanted = set(positions)
        for position in wanted - self._probes:
            self._add(self._probes, position)
        for position in self._probes - wanted:
            self._remove(self._probes, position)
        for position in wanted:
            self._store.arena.put_u64(self._counter_at(position), 0)

    def probe_count(self, position: Position) -> int:
        """Executions of a probed instruction since its probe was set."""
        if self._store.patched_for is not self:
            return self._counts.get(position, 0)
        return self._store.arena.u64(self._counter_at(position))

    def uncount(self, pc: int) -> None:
        """Take back the execution that the probe at address `pc`, if there is one, just counted."""
        store = self._store
        place = pc - store.arena.address
        if store.arena.u64(place) == store.native.handler("probe"):
            counter = place + store.shadow + 8
            store.arena.put_u64(counter, store.arena.u64(counter) - 1)

    def set_hooks(self, hooks: dict[int, dict[int, int]], changed: Iterable[FuncInst]) -> None:
        """Hook words: by function address and code position, the address of a list of taps."""
        self._hooks = hooks
        self._stale.update(func.addr for func in changed)

    def enable_again(self) -> None:
        """Make the threaded code fit after a change."""
        self.enable(self._on)

    @property
    def breaks(self) -> frozenset[Position]:
        return frozenset(self._breaks)

    def _add(self, group: set[Position], position: Position) -> None:
        func, _ = self.locate(position)
        group.add(position)
        self._stale.add(func.addr)

    def _remove(self, group: set[Position], position: Position) -> None:
        if position in group:
            func, _ = self.locate(position)
            group.discard(position)
            self._stale.add(func.addr)

    def _counter_at(self, position: Position) -> int:
        """Where in the arena a probe counts."""
        func, at = self.locate(position)
        return func.base + at + self._store.shadow + 8 - self._store.arena.address

    def code_changed(self, funcs: Iterable[FuncInst]) -> None:
        """These functions were threaded afresh: what replaces words in them is gone."""
        self._stale.update(self._patched() & {f.addr for f in funcs})

    # -- patching ----------------------------------------------------------------------------

    def enable(self, on: bool) -> None:
        """Make the threaded code fit: breakpoints only when `on`, probes always."""
        if on != self._on:
            self._on = on
            self._stale.update(self.locate(p)[0].addr for p in self._breaks)
        self.renew()

    def renew(self) -> None:
        """Patch the functions that are not as they should be."""
        self.own()
        if not self._stale:
            return
        patches: dict[int, dict[int, str]] = {addr: {} for addr in self._stale}
        groups = [(self._probes, "probe")] + ([(self._breaks, "break")] if self._on else [])
        for group, form in groups:
            for position in group:
                func, at = self.locate(position)
                if func.addr in patches:
                    patches[func.addr][at] = form
        for addr, hooks in self._hooks.items():
            if addr in patches:
                patches[addr].update(dict.fromkeys(hooks, "hook"))
        for addr, words in patches.items():
            self._patch(self._store.funcs[addr], words)
        self._stale.clear()

    def _patch(self, func: FuncInst, words: dict[int, str]) -> None:
        store, lowered = self._store, func.lowered
        assert lowered is not None
        store.rethread(func)
        if not words:
            return
        plain = store.native.plain_handlers(store.mode)
        start = func.base - store.arena.address
        order = lowered.words
        numbers = {at: i for i, at in enumerate(order)}
        for at in words:
            for i in range(max(0, numbers[at] - store.native.longest + 1), numbers[at] + 1):
                form = lowered.form_number(order[i])
                store.arena.put_u64(start + order[i], plain[form])
        hooks = self._hooks.get(func.addr, {})
        for at, form_name in words.items():
            handler = plain[lowered.form_number(at)]
            store.arena.put_u64(start + at + store.shadow, handler)
            if at in hooks:
                store.arena.put_u64(start + at + store.shadow + 8, hooks[at])
            store.arena.put_u64(start + at, store.native.handler(form_name))
