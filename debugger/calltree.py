"""Calls over time: the tree of them, page by page, and profiles. Looking never moves the cursor."""

from __future__ import annotations

from debugger.answers import CallersView, CallerView, CallsPage, CallView, ProfileRow, ProfileView
from debugger.build_state import StateBuilder
from debugger.exchange import CommandError
from debugger.run import Run
from debugger.symbols import Symbols
from debugger.values import short_value
from gabagool import GabagoolError, Machine
from gabagool.history import calls
from gabagool.history.recorder import Recorder
from gabagool.runtime.tracing import Call, FuncSteps, Wanted
from gabagool.types import ValType, is_ref, valtype_name

_KEPT = 256             # counted stretches that are remembered
_PROFILES = 4
PAGE = 100

Key = tuple[int | None, int, int, int]      # depth or None, function, first and last step


class CallTree:
    """The calls of one recording. None is returned where a search was cancelled."""

    def __init__(self, machine: Machine, recorder: Recorder, symbols: Symbols,
                 state: StateBuilder) -> None:
        self._machine = machine
        self._recorder = recorder
        self._symbols = symbols
        self._state = state
        self._funcs = machine.store.funcs
        self._entry, self._entry_args = self._outermost()
        self._tallies: dict[Key, calls.CallTally] = {}
        self._profiles: dict[tuple[int, int], calls.Profile] = {}

    def _outermost(self) -> tuple[int, tuple[int, ...]]:
        """The address of the function that was started, and its arguments where the recording
        begins with it."""
        frames = self._machine.frames()
        if not frames:
            return 0, ()
        entry = frames[-1].funcaddr
        params = self._machine.store.funcs[entry].type.params
        if self._machine.step or len(frames) > 1:
            return entry, ()
        return entry, tuple(bits for _, bits in self._machine.locals()[:len(params)])

    # -- the tree ----------------------------------------------------------------------------

    def root(self) -> CallView:
        """The call that started the program."""
        ended = self._recorder.ended
        results: tuple[int, ...] = (ended.results or ()) if ended else ()
        left = "return" if ended and ended.results is not None else ""
        call = Call(self._entry, 1, self._recorder.origin,
                    self._recorder.total if left else None, self._entry_args, results, left)
        return self._view(call)

    def children(self, parent: CallView, first: int | None, count: int,
                 run: Run) -> CallsPage | None:
        """Calls that a call has made, from number `first` on, or around the cursor if None."""
        last = self._recorder.total if parent.last is None else parent.last
        return self._page(Wanted(depth=parent.depth + 1), parent.first, last, first, count,
                          parent, f"calls made by {parent.name}", run)

    def of_function(self, func: tuple[int, int], first: int | None, count: int,
                    run: Run) -> CallsPage | None:
        """Every call of a function in the recording."""
        name = self._symbols.name(*func)
        return self._page(Wanted(func=self._address(func)), self._recorder.origin,
                          self._recorder.total, first, count, None, f"calls of {name}", run)

    def _page(self, wanted: Wanted, start: int, end: int, first: int | None, count: int,
              parent: CallView | None, what: str, run: Run) -> CallsPage | None:
        found = self._tally(wanted, start, end, run)
        if found is None:
            return None
        cursor = self._machine.step
        before = calls.index_before(self._recorder, found, cursor, run.cancel)
        if before is None:
            return None
        if first is None:
            first = max(0, min(before - count // 2, found.total - count))
        rows = calls.page(self._recorder, found, first, count, run.cancel, run.report)
        if rows is None:
            return None
        return CallsPage(what, found.total, first, tuple(map(self._view, rows)), end, before,
                         parent)

    def _tally(self, wanted: Wanted, start: int, end: int, run: Run) -> calls.CallTally | None:
        key = wanted.depth, wanted.func, start, end
        found = self._tallies.get(key)
        if found is None:
            found = calls.tally(self._recorder, wanted, start, end, run.cancel, run.report)
            if found is None:
                return None
            self._tallies[key] = found
            while len(self._tallies) > _KEPT:
                del self._tallies[next(iter(self._tallies))]
        return found

    def _address(self, func: tuple[int, int]) -> int:
        return self._machine.store.instances[func[0]].funcs[func[1]]

    def _view(self, call: Call) -> CallView:
        instance, funcidx, name = self._named(call.func)
        functype = self._funcs[call.func].type
        return CallView(call.first, call.last, call.depth, instance, funcidx, name,
                        self._texts(functype.params, call.args),
                        self._texts(functype.results, call.results), call.left)

    def _named(self, address: int) -> tuple[int, int, str]:
        """Instance (-1 for the host), index and name of a function of the store."""
        func = self._funcs[address]
        if not address:
            return -1, -1, ""
        if func.instance is None:
            return -1, -1, func.name
        index = func.instance.index
        return index, func.funcidx, self._symbols.name(index, func.funcidx)

    def _texts(self, types: tuple[ValType, ...], values: tuple[int, ...]) -> str:
        texts = [self._text(t, bits) for t, bits in zip(types, values, strict=False)]
        return ", ".join(texts + ["…"] * (0 < len(values) < len(types)))

    def _text(self, type_: ValType, bits: int) -> str:
        """An object that was passed may be gone at the cursor: of references only the kind."""
        if is_ref(type_):
            return valtype_name(type_) if bits else "null"
        try:
            return short_value(self._state.text(type_, bits))
        except GabagoolError:
            return f"{bits:#x}"

    # -- profiles ----------------------------------------------------------------------------

    def profile(self, first: int, last: int, run: Run) -> ProfileView | None:
        """What was executed in the recorded steps [first, last)."""
        found = self._profile(first, last, run)
        if found is None:
            return None
        rows = sorted((self._row(each) for each in found.funcs if each.func),
                      key=lambda row: (-row.steps, -row.total, row.name))
        totals = found.totals()
        names = {path.func: self._named(path.func) for path in found.paths}
        paths = tuple(
            ProfileRow(*names[path.func], path.calls, path.steps, total, path.parent)
            for path, total in zip(found.paths, totals, strict=True))
        return ProfileView(found.first, found.last, tuple(rows), paths, found.lost)

    def _profile(self, first: int, last: int, run: Run) -> calls.Profile | None:
        last = min(last, self._recorder.total)
        first = max(self._recorder.origin, min(first, last))
        known = self._profiles.get((first, last))
        if known is not None:
            return known
        found = calls.profile(self._recorder, first, last, run.cancel, run.report)
        if found is not None:
            self._profiles[first, last] = found
            while len(self._profiles) > _PROFILES:
                del self._profiles[next(iter(self._profiles))]
        return found

    def _row(self, each: FuncSteps) -> ProfileRow:
        return ProfileRow(*self._named(each.func), each.calls, each.steps, each.total)

    def callers(self, func: tuple[int, int], run: Run) -> CallersView | None:
        """Who calls a function, and whom it calls, over the whole recording."""
        found = self._profile(self._recorder.origin, self._recorder.total, run)
        if found is None:
            return None
        if found.lost:
            raise CommandError(f"{found.lost:,} calls are too many different ways to this "
                               "function: profile a shorter stretch")
        address, totals = self._address(func), found.totals()
        above: dict[int, list[int]] = {}
        below: dict[int, list[int]] = {}
        for path, total in zip(found.paths, totals, strict=True):
            outer = found.paths[path.parent].func
            for mine, other, sums in ((path.func, outer, above), (outer, path.func, below)):
                if mine == address and path.calls:
                    count = sums.setdefault(other, [0, 0])
                    count[0] += path.calls
                    count[1] += total
        return CallersView(self._symbols.name(*func), self._sorted(above), self._sorted(below))

    def _sorted(self, sums: dict[int, list[int]]) -> tuple[CallerView, ...]:
        rows = [CallerView(*self._named(func), *count) for func, count in sums.items()]
        return tuple(sorted(rows, key=lambda row: (-row.calls, row.name)))
