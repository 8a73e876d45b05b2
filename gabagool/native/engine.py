"""Native code as Python sees it: built once per machine, cached, loaded, called.

`native()` gives the one `Native` of the process. Only this package imports llvmlite.
"""

from __future__ import annotations

import ctypes
import threading
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from gabagool.isa import FORM_NUMBER, FORMS, READ, TRACED, UNITS, WATCHED
from gabagool.isa.row import Form
from gabagool.native import background, cache, compiler, fusion
from gabagool.native.descriptors import MAP_KINDS, descriptors
from gabagool.native.key import object_key

# Modes of threaded code. In READING memory's writes are noted as well.
PLAIN, WATCHING, TRACING, READING = "plain", "watching", "tracing", compiler.READING
_MAIN = ""                # the unit that is always there
_U64 = ctypes.c_uint64
_Tables, _Arguments = _U64 * len(MAP_KINDS), _U64 * 11
_lock = threading.RLock()     # one thread at a time compiles or loads


class _Mode(NamedTuple):
    """What threading puts into words: handlers by number, and how fusions are found."""

    handlers: array[int]
    trie: array[int]
    accept: array[int]


class Native:
    """Loaded native code. Addresses are ints; the engines behind them live as long as this.

    Handlers of a unit are there only once `need` has loaded it. `build` will deliver what is to
    replace quick code (see `better`).
    """

    def __init__(self, payload: bytes, build: background.Background | None = None) -> None:
        parts = compiler.unpack(payload)
        self._build = build
        self._better: Native | None = None
        self._before: Native | None = None     # quick code that control blocks may still name
        self._engines: dict[str, Any] = {}
        # Those sequences that have a handler.
        self.fusions = tuple(fusion.sequence_of(name) for part in parts for name in part.names
                             if fusion.is_sequence(name))
        self._modes = {PLAIN: self._mode(set()),
                       WATCHING: self._mode({f.name for f in WATCHED[""]}),
                       READING: self._mode({f.name for f in (*WATCHED[""], *READ)}),
                       TRACING: self._mode({f.name for f in TRACED})}
        self._descs = descriptors()
        self.longest = max((len(f) for f in self.fusions), default=1)
        for number, part in enumerate(parts):
            self._add_part(_MAIN if not number else f"{_MAIN}{number}", part)
        self._enlist_watching(_MAIN)
        address = self._engines[_MAIN].get_function_address
        self.enter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address("enter"))
        self._thread = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address("thread"))
        self._thread_kept = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address("thread_kept"))
        self._page_diff = ctypes.CFUNCTYPE(_U64, ctypes.c_void_p)(address("page_diff"))
        self._enlist(self._modes[TRACING], _MAIN, "tracing", _numbers(TRACED))
        self._called = ctypes.CFUNCTYPE(None, *[_U64] * 6)(address("traced_call"))
        self._returned = ctypes.CFUNCTYPE(None, *[_U64] * 6)(address("traced_return"))
        self.touched, self.hooked = address("touched"), address("hooked")
        self._watched = ctypes.CFUNCTYPE(_U64, *[_U64] * 7)(address("watched"))
        self._hit = ctypes.CFUNCTYPE(_U64, *[_U64] * 9)(address("hit"))

    def _mode(self, blind: set[str]) -> _Mode:
        """No handlers yet; forms that are `blind` to the mode's purpose are not fused."""
        handlers = array("Q", bytes(8 * (len(FORMS) + len(self.fusions))))
        return _Mode(handlers, *fusion.trie(self.fusions, blind.isdisjoint))

    def _add_part(self, name: str, part: compiler.Part) -> None:
        """Load a part of the main unit and put its handlers into the tables."""
        known = {fusion.name_of(f): len(FORMS) + i for i, f in enumerate(self.fusions)}
        self._engines[name] = compiler.load_object(part.code)
        numbers = [known.get(name) or FORM_NUMBER[name] for name in part.names]
        for mode in self._modes.values():
            self._enlist(mode, name, "handlers", numbers)

    def _add(self, unit: str, obj: bytes) -> None:
        """Load another unit and put its handlers into the tables."""
        self._engines[unit] = compiler.load_object(obj)
        for mode in self._modes.values():
            self._enlist(mode, unit, "handlers", _numbers(UNITS[unit]))
        self._enlist_watching(unit)
        self._enlist_reading()

    def _enlist_watching(self, unit: str) -> None:
        for name in (WATCHING, READING):
            self._enlist(self._modes[name], unit, "watching", _numbers(WATCHED[unit]))

    def _enlist_reading(self) -> None:
        """The reading variants, once they are there, in place of plain ones."""
        if READING in self._engines:
            self._enlist(self._modes[READING], READING, "reading", _numbers(READ))

    def _enlist(self, mode: _Mode, unit: str, name: str, numbers: Sequence[int]) -> None:
        at = self._engines[unit].get_global_value_address(name)
        for number, handler in zip(numbers, (_U64 * len(numbers)).from_address(at), strict=True):
            mode.handlers[number] = handler

    def need(self, unit: str) -> None:
        """Have the handlers of a unit, or READING's; compiled on first use ever."""
        if unit in self._engines:
            return
        with _lock:
            obj = cache.kept(f"{unit}-{object_key()}", lambda: compiler.compile_unit(unit))
            if unit == READING:
                self._engines[unit] = compiler.load_object(obj)
                self._enlist_reading()
            elif unit not in self._engines:
                self._add(unit, obj)

    @property
    def is_quick(self) -> bool:
        """Whether better code is to come."""
        return self._build is not None

    def better(self, wait: bool = False) -> Native | None:
        """What is to replace this quick code, once it is there; `wait` for it."""
        with _lock:
            if self._build is not None:
                done, payload = self._build.best(wait)
                if done:
                    self._build = None
                if payload is not None or (done and wait):
                    self._better = Native(payload or _build())
                    self._better._before = self
            return self._better

    def handler(self, form: str) -> int:
        """The address of a form's plain handler."""
        return self._modes[PLAIN].handlers[FORM_NUMBER[form]]

    def plain_handlers(self, mode: str = PLAIN) -> array[int]:
        """Handler addresses by form number; 0 in units nobody needed yet."""
        return self._modes[mode].handlers[:len(FORMS)]

    def thread(self, target: int, source: bytes, length: int, maps: dict[str, array[int]],
               mode: str = PLAIN) -> None:
        """Thread `length` bytes of lowered words from `source` to the address `target`.

        `maps` translate the fields of each kind in MAP_KINDS: index → what native code wants.
        In the mode WATCHING writes to watched memory are noted, in READING reads as well, in
        TRACING calls and returns.
        """
        text = ctypes.cast(ctypes.c_char_p(source), ctypes.c_void_p).value or 0
        tables = _maps(maps)
        self._thread(ctypes.byref(_Arguments(target, text, length, *self._from(mode, tables))))

    def _from(self, mode: str, tables: ctypes.Array[ctypes.c_uint64]) -> tuple[int, ...]:
        """What threading looks things up in: descriptors, handlers, maps, trie, accept."""
        found = self._modes[mode]
        return (self._descs.buffer_info()[0], found.handlers.buffer_info()[0],
                ctypes.addressof(tables), found.trie.buffer_info()[0],
                found.accept.buffer_info()[0])

    def thread_kept(self, target: int, source: int, rows: int, count: int, records: int,
                    maps: dict[str, array[int]], mode: str = PLAIN) -> None:
        """Thread `count` functions of kept code from the address `source`, as `thread` does each.

        `rows` is where a `KeptRow` of each lies, `records` where the store's function records do.
        """
        tables = _maps(maps)
        args = _Arguments(target, source, 0, *self._from(mode, tables), rows, count, records)
        self._thread_kept(ctypes.byref(args))

    def page_diff(self, left: int, right: int, pages: int, page_size: int, out: int) -> int:
        """Compare `pages` pages at two addresses; see `helpers.build_page_diff`."""
        args = (_U64 * 5)(left, right, pages, page_size // 8, out)
        return int(self._page_diff(ctypes.byref(args)))

    def watched(self, *args: int) -> bool:
        """Tell a memory tap of an access; see `taps.build_watched`. Whether it wants to stop."""
        return bool(self._watched(*args))

    def hit(self, *args: int) -> bool:
        """Tell a tap of a hit, unless its condition fails; see `taps.build_hit`."""
        return bool(self._hit(*args))

    def called(self, *args: int) -> None:
        """Tell a trace of a frame that was pushed; see `trace.CALLED`."""
        self._called(*args)

    def returned(self, *args: int) -> None:
        """Tell a trace of a frame that was popped; see `trace.RETURNED`."""
        self._returned(*args)


def _numbers(forms: Iterable[Form]) -> list[int]:
    return [FORM_NUMBER[form.name] for form in forms]


def _maps(maps: dict[str, array[int]]) -> ctypes.Array[ctypes.c_uint64]:
    """The addresses of maps, as native code wants them."""
    return _Tables(*[maps[k].buffer_info()[0] for k in MAP_KINDS])


_native: Native | None = None


def native(best: bool = False) -> Native:
    """The process's native code, from the cache.

    The first time ever it is quick code until the best is there; with `best`, wait for that.
    """
    global _native
    with _lock:
        if _native is None:
            _native = _first()
        _native = _native.better(best) or _native
        return _native


def prepare() -> None:
    """Have a worker begin if there is no code (see `background.prepare`)."""
    with _lock:
        if _native is None:
            background.prepare()


def is_ready() -> bool:
    """Whether `native` would return at once."""
    worker = background.under_way()
    return _native is not None or worker is None or worker.is_ready


def _first() -> Native:
    """What the cache has, or a worker delivers; built here if that fails."""
    quick, best = background.names(object_key())
    payload = cache.load(best)
    if payload is not None:
        return Native(payload)
    payload = cache.load(quick)
    build = background.under_way() or background.Background(payload is None)
    if payload is None or build.first:
        payload = build.quick() or payload
    return Native(_build()) if payload is None else Native(payload, build)


def _build() -> bytes:
    """The best code, made here."""
    return cache.kept(background.names(object_key())[1], compiler.compile_main)
