"""Native code as Python sees it: built once per machine, cached, loaded, called.

`native()` gives the one `Native` of the process. Only this package imports llvmlite.
"""

from __future__ import annotations

import ctypes
import hashlib
import struct
import threading
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from gabagool.isa import FORM_NUMBER, FORMS, UNITS, WATCHED
from gabagool.native import cache, fusion
from gabagool.native.helpers import Desc

MAP_KINDS = ("func", "global", "type", "table", "mem", "tag", "self")
_U64 = ctypes.c_uint64
_lock = threading.Lock()      # one thread at a time compiles or loads


class _Mode(NamedTuple):
    """What threading puts into words: handlers by number, and how fusions are found."""

    handlers: array[int]
    trie: array[int]
    accept: array[int]


class Native:
    """Loaded native code. Addresses are ints; the engines behind them live as long as this.

    Handlers of a unit are there only once `need` has loaded it.
    """

    def __init__(self, obj: bytes, fusions: Sequence[tuple[str, ...]]) -> None:
        self._engines: dict[str, Any] = {}
        self.fusions = tuple(fusions)          # those that have a handler
        self._modes = {False: self._mode(set()), True: self._mode({f.name for f in WATCHED[""]})}
        self._descs = _descriptors()
        self.longest = max((len(f) for f in fusions), default=1)
        self._add("", obj)
        address = self._engines[""].get_function_address
        self.enter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address("enter"))
        self._thread = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address("thread"))
        self._page_diff = ctypes.CFUNCTYPE(_U64, ctypes.c_void_p)(address("page_diff"))
        self.touched, self.hooked = address("touched"), address("hooked")
        self._watched = ctypes.CFUNCTYPE(_U64, *[_U64] * 7)(address("watched"))
        self._hit = ctypes.CFUNCTYPE(_U64, *[_U64] * 9)(address("hit"))

    def _mode(self, blind: set[str]) -> _Mode:
        """No handlers yet; forms that are `blind` to the mode's purpose are not fused."""
        handlers = array("Q", bytes(8 * (len(FORMS) + len(self.fusions))))
        return _Mode(handlers, *fusion.trie(self.fusions, blind.isdisjoint))

    def _add(self, unit: str, obj: bytes) -> None:
        """Load a unit and put its handlers into the tables."""
        self._engines[unit] = load_object(obj)
        numbers = [FORM_NUMBER[form.name] for form in UNITS[unit]]
        if not unit:
            numbers += range(len(FORMS), len(FORMS) + len(self.fusions))
        watched = [FORM_NUMBER[form.name] for form in WATCHED[unit]]
        for mode in self._modes.values():
            self._enlist(mode, unit, "handlers", numbers)
        self._enlist(self._modes[True], unit, "watching", watched)

    def _enlist(self, mode: _Mode, unit: str, name: str, numbers: Sequence[int]) -> None:
        at = self._engines[unit].get_global_value_address(name)
        for number, handler in zip(numbers, (_U64 * len(numbers)).from_address(at), strict=True):
            mode.handlers[number] = handler

    def need(self, unit: str) -> None:
        """Have the handlers of a unit; compiled on first use ever."""
        with _lock:
            if unit not in self._engines:
                self._add(unit, cached(unit, lambda: _compile_unit(unit)))

    def handler(self, form: str) -> int:
        """The address of a form's plain handler."""
        return self._modes[False].handlers[FORM_NUMBER[form]]

    def plain_handlers(self, watching: bool = False) -> array[int]:
        """Handler addresses by form number; 0 in units nobody needed yet."""
        return self._modes[watching].handlers[:len(FORMS)]

    def thread(self, target: int, source: bytes, length: int, maps: dict[str, array[int]],
               watching: bool = False) -> None:
        """Thread `length` bytes of lowered words from `source` to the address `target`.

        `maps` translate the fields of each kind in MAP_KINDS: index → what native code wants.
        With `watching`, writes to watched memory are noted.
        """
        mode = self._modes[watching]
        tables = (_U64 * len(MAP_KINDS))(*(maps[k].buffer_info()[0] for k in MAP_KINDS))
        text = ctypes.create_string_buffer(source, len(source))
        args = (_U64 * 8)(target, ctypes.addressof(text), length, self._descs.buffer_info()[0],
                          mode.handlers.buffer_info()[0], ctypes.addressof(tables),
                          mode.trie.buffer_info()[0], mode.accept.buffer_info()[0])
        self._thread(ctypes.byref(args))

    def page_diff(self, left: int, right: int, pages: int, page_size: int, out: int) -> int:
        """Compare `pages` pages at two addresses; see `helpers.build_page_diff`."""
        args = (_U64 * 5)(left, right, pages, page_size // 8, out)
        return int(self._page_diff(ctypes.byref(args)))

    def watched(self, *args: int) -> bool:
        """Tell a memory tap of a write; see `taps.build_watched`. Whether it wants to stop."""
        return bool(self._watched(*args))

    def hit(self, *args: int) -> bool:
        """Tell a tap of a hit, unless its condition fails; see `taps.build_hit`."""
        return bool(self._hit(*args))


def _descriptors() -> array[int]:
    """One `helpers.Desc` per form: what threading translates."""
    blob = b""
    for form in FORMS:
        patches = [(form.offset_of(name), MAP_KINDS.index(kind))
                   for name, kind in form.fields if kind in MAP_KINDS]
        record = struct.pack("<HH", form.size, len(patches))
        record += b"".join(struct.pack("<HH", *p) for p in patches)
        blob += record.ljust(Desc.BYTES, b"\0")
    return array("B", blob)


@lru_cache(maxsize=1)
def llvm() -> Any:
    """The library, initialised once."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def target_machine() -> Any:
    binding = llvm()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(),
        opt=2, codemodel="jitdefault", jit=True)


def load_object(obj: bytes) -> Any:
    binding = llvm()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(obj))
    engine.finalize_object()
    return engine


@lru_cache(maxsize=1)
def object_key() -> str:
    """Whatever the object code depends on: our sources, LLVM, the processor."""
    import llvmlite

    binding = llvm()
    digest = hashlib.sha256()
    for folder in ("isa", "native"):
        for path in sorted((Path(__file__).parent.parent / folder).glob("*.*")):
            digest.update(path.read_bytes())
    features = binding.get_host_cpu_features().flatten()
    for part in (llvmlite.__version__, repr(binding.llvm_version_info),
                 binding.get_process_triple(), binding.get_host_cpu_name(), features):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:32]


def cached(unit: str, build: Callable[[], bytes]) -> bytes:
    """A unit's payload from the cache, or built and put there."""
    key = f"{unit or 'handlers'}-{object_key()}"
    payload = cache.load(key)
    if payload is None:
        payload = build()
        cache.save(key, payload)
    return payload


def _compile_unit(unit: str) -> bytes:
    """The object code of a unit."""
    from gabagool.native.handlers import build_unit

    return object_code(build_unit(unit))


def _compile(fusions: Sequence[tuple[str, ...]] = fusion.SEQUENCES) -> bytes:
    """Payload of the cache: the fusions that were accepted, then the object code."""
    from gabagool.native.handlers import build_main

    module, accepted = build_main(fusions)
    names = "\n".join("|".join(f) for f in accepted).encode()
    return struct.pack("<I", len(names)) + names + object_code(module)


def object_code(module: Any, thorough: bool = False) -> bytes:
    """Handlers are optimised one by one; `thorough` is for helpers, which call each other."""
    binding = llvm()
    machine = target_machine()
    module.triple = binding.get_process_triple()
    module.data_layout = str(machine.target_data)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    (_optimise_whole if thorough else _optimise)(parsed, machine)
    return bytes(machine.emit_object(parsed))


def _optimise(parsed: Any, machine: Any) -> None:
    """Function passes only: a handler is small, and whole-module passes cost six times as much
    without making it faster (measured)."""
    binding = llvm()
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options())
    passes = binding.create_new_function_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    for function in parsed.functions:
        if not function.is_declaration:
            passes.run(function, builder)


def _optimise_whole(parsed: Any, machine: Any) -> None:
    binding = llvm()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)


def _unpack(payload: bytes) -> Native:
    size, = struct.unpack_from("<I", payload)
    names = payload[4:4 + size].decode()
    fusions = [tuple(line.split("|")) for line in names.splitlines()]
    return Native(payload[4 + size:], fusions)


_native: Native | None = None


def native() -> Native:
    """The process's native code; compiled on first use ever, from the cache afterwards."""
    global _native
    with _lock:
        if _native is None:
            _native = _unpack(cached("", _compile))
        return _native
