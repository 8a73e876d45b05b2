"""The machine: one execution in a store, stoppable and restorable at every boundary (DESIGN 4)."""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.errors import Exit, GabagoolError, Trap
from gabagool.native.layout import Ctx, Header
from gabagool.runtime.breaks import Breaks
from gabagool.runtime.collected import Collections
from gabagool.runtime.control import ControlBlock
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.forks import Forks
from gabagool.runtime.host import HostCalls
from gabagool.runtime.journal import Journal
from gabagool.runtime.region import Region
from gabagool.runtime.running import UNLIMITED, Running
from gabagool.runtime.slots import write_values
from gabagool.runtime.stops import Stop, StopReason
from gabagool.runtime.store import Store
from gabagool.runtime.taps import Taps
from gabagool.runtime.throws import Throws


class Machine(Running):
    """Runs functions of `store`. `step` counts executed instructions since `start`.

    `journal`, when set, records host calls or replays them; `throws` notes exceptions,
    `collections` those of garbage. `ended` is the stop that ended the run, if it has ended; its
    state stays, to be looked at and stepped back from.
    """

    def __init__(self, store: Store, stack_bytes: int | None = None,
                 max_depth: int | None = None) -> None:
        stack_bytes = stack_bytes or store.limits.stack_bytes
        self.store = store
        self.stack = Region(stack_bytes)
        self.ctx = ControlBlock(store, self.stack, stack_bytes,
                                max_depth or store.limits.call_depth)
        self.breaks = Breaks(store)
        self.taps = Taps(self)
        self.hosts = HostCalls(self)
        self.journal: Journal | None = None
        self.throws: Throws | None = None
        self.collections: Collections | None = None
        self.step = 0
        self.ended: Stop | None = None
        self.entry: FuncInst | None = None
        self.nested = 0          # calls from host functions back into wasm under way
        self.epoch = store.heap.epoch      # what objects the references on the stack mean

    # -- starting ----------------------------------------------------------------------------

    def start(self, funcaddr: int, args: Sequence[int]) -> None:
        """Stand before the first instruction of a wasm function; `args` are slot bits."""
        func = self.store.funcs[funcaddr]
        if func.instance is None:
            raise GabagoolError(f"{func.name} is a host function: there is nothing to step")
        self.step, self.ended, self.entry = 0, None, func
        self.ctx.put32(Ctx.DEPTH, 0)
        self.hosts.state = self.hosts.refresh()
        self._push_entry(func, args, 0)
        self._settle()

    def _push_entry(self, func: FuncInst, args: Sequence[int], fp: int) -> None:
        """Push a frame at stack offset `fp` that returns to the host."""
        if not func.base:
            self.store.thread(func)
        lowered = func.lowered
        assert lowered is not None
        depth = self.ctx.get32(Ctx.DEPTH)
        if not depth:
            self.epoch = self.store.heap.epoch
        if (fp + lowered.frame > self.stack.capacity
                or depth >= self.ctx.get32(Ctx.MAX_DEPTH)):
            raise Trap("call stack exhausted")
        write_values(self.stack.words, fp >> 3, func.type.params, args)
        at = fp + lowered.param_size
        end = fp + lowered.header + Header.SIZE
        self.stack.view[at:end] = bytes(end - at)
        self.ctx.put32(Ctx.DEPTH, depth + 1)
        self.ctx.put32(Ctx.PEAK_DEPTH, max(depth + 1, self.ctx.get32(Ctx.PEAK_DEPTH)))
        self.go_to(func, 0, fp)

    # -- forks -------------------------------------------------------------------------------

    def fork(self) -> Machine:
        """A second machine at this boundary, in the same store, that goes on by itself.

        Pages are shared until one of the two changes them. A store's memories, tables and globals
        are those of the machine that ran (or did `enter`) last, so forks take turns, in one
        thread. Host state goes along; breakpoints and taps are each machine's own.
        """
        snapshot = self.capture()
        twin = Machine(self.store, self.ctx[Ctx.STACK_LIMIT] - self.stack.address,
                       self.ctx.get32(Ctx.MAX_DEPTH))
        twin.entry = self.entry
        if self.journal is not None:
            twin.journal = Journal(self.journal.entries.until(self.journal.position))
        self._forks = self._forks or Forks(self)
        twin._forks = self._forks
        twin._capturing = self.captures().for_another(twin, snapshot)
        self._forks.add(twin, snapshot)
        return twin

    # -- calling from Python -----------------------------------------------------------------

    def call(self, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Call a function to its end: slot bits in and out. Raises Trap, Thrown or Exit.

        Called from a host function it runs above the frames that are there already.
        """
        if self.journal is not None:
            raise GabagoolError(f"{func.name or func.funcidx}: a host function may not call back "
                                "while a recording is made")
        if not self.nested:
            self.hosts.state = self.hosts.refresh()
        if func.instance is None:
            return self._call_host(func, tuple(args))
        if self.nested:
            return self._call_nested(func, args)
        self.step = 0
        self.ctx.put32(Ctx.DEPTH, 0)
        return self._call_at(0, func, args)

    def _call_nested(self, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Call above the frames that are there, which are as they were afterwards."""
        fields = (Ctx.PC, Ctx.FP, Ctx.INST)
        halves = (Ctx.DEPTH, Ctx.STOP_DEPTH)
        saved = [self.ctx[f] for f in fields], [self.ctx.get32(f) for f in halves]
        entry = self.entry
        self.ctx.put32(Ctx.STOP_DEPTH, -1)
        try:
            return self._call_at(self._top(), func, args)
        finally:
            for field, value in zip(fields, saved[0], strict=True):
                self.ctx[field] = value
            for field, value in zip(halves, saved[1], strict=True):
                self.ctx.put32(field, value)
            self.entry, self.ended = entry, None

    def _call_at(self, fp: int, func: FuncInst, args: Sequence[int]) -> tuple[int, ...]:
        """Run a function to its end in a frame at stack offset `fp`; nothing stops it."""
        self.ended, self.entry = None, func
        self._push_entry(func, args, fp)
        while True:
            stop = self._run(UNLIMITED, None)
            if stop.reason not in (StopReason.BREAKPOINT, StopReason.WATCHPOINT):
                return self._outcome(stop)
            self.ctx[Ctx.RESUME_PC] = self.ctx[Ctx.PC]

    def _top(self) -> int:
        """The stack offset above the innermost frame's largest extent."""
        func, _ = self.store.func_at(self.ctx[Ctx.PC])
        assert func.lowered is not None
        return self.ctx[Ctx.FP] - self.stack.address + func.lowered.frame

    def _outcome(self, stop: Stop) -> tuple[int, ...]:
        if stop.trap is not None:
            raise stop.trap
        if stop.exception is not None:
            raise stop.exception
        if stop.exit_code is not None:
            raise Exit(stop.exit_code)
        assert stop.results is not None
        return stop.results

    def _call_host(self, func: FuncInst, args: tuple[int, ...]) -> tuple[int, ...]:
        results, end = self.hosts.call(func, None, self.step, args)
        if end is not None:
            self._end_by_host(end[0], end[1])
            stop, self.ended = self.ended, None
            assert stop is not None
            return self._outcome(stop)
        return results
