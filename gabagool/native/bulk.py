"""Work on many bytes at memory speed: what snapshots are made of, and what memories start with."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from gabagool.native import cache, compiler
from gabagool.native.key import object_key

_WORD = 8


class Functions(NamedTuple):
    """What bulk.ll defines."""

    xor: Callable[..., int]
    differing: Callable[..., int]
    scatter: Callable[..., int]
    scan_numbers: Callable[..., int]
    scan_bodies: Callable[..., int]
    scan_datas: Callable[..., int]


_U64, _BYTES, _PLACE = ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p
_SCAN = (_BYTES, _U64, _U64, _U64)
_PARAMS = {"xor": (_BYTES, _BYTES, _PLACE, _U64),
           "differing": (_PLACE, _PLACE, _U64, _PLACE),
           "scatter": (_BYTES, _PLACE, _PLACE, _PLACE, _U64, _PLACE, _U64),
           "scan_numbers": (*_SCAN, _PLACE, _PLACE, _PLACE),
           "scan_bodies": (*_SCAN, _U64, _PLACE, _PLACE, _PLACE),
           "scan_datas": (*_SCAN, _U64, _U64, _PLACE, _PLACE, _PLACE, _PLACE, _PLACE)}


def xor(a: bytes, b: bytes) -> tuple[bytearray, int]:
    """a XOR b, which are of one length, and the number of bits that are set in it."""
    if len(a) != len(b):
        raise ValueError(f"{len(a)} bytes against {len(b)}")
    size = len(a)
    pad = bytes(-size % _WORD)
    if pad:
        a, b = a + pad, b + pad
    out = bytearray(len(a))
    bits = 0
    if out:
        target = (ctypes.c_char * len(out)).from_buffer(out)
        bits = functions().xor(a, b, target, len(out) // _WORD)
        del target      # while it lives, `out` can't be resized
    del out[size:]
    return out, bits


def differing(a: int, b: int, pages: int) -> list[int]:
    """The numbers of the pages (of 4096 bytes) in which memory at two addresses differs."""
    out = (ctypes.c_uint32 * max(1, pages))()
    return out[:functions().differing(a, b, pages, ctypes.addressof(out))]


def scatter(source: bytes, starts: array[int], ends: array[int], addresses: array[int],
            target: int, size: int) -> int:
    """Put source[starts[i]:ends[i]] at target + addresses[i] (taken as unsigned), in order.

    The number of the first that would reach over `size` bytes and is not written, or of all.
    The parts must lie in `source`.
    """
    places = [part.buffer_info()[0] for part in (starts, ends, addresses)]
    return functions().scatter(source, *places, len(starts), target, size)


def is_compiled() -> bool:
    """Whether this need not be compiled first, as it must be once on a computer."""
    return _loaded.cache_info().currsize > 0 or cache.has(_key())


def prepare() -> None:
    """Compile it if nobody has."""
    cache.kept(_key(), _compile)


def functions() -> Functions:
    """The native functions; compiled on first use ever, from the cache afterwards."""
    return _loaded()[0]


def _key() -> str:
    return "bulk-" + object_key()


@lru_cache(maxsize=1)
def _loaded() -> tuple[Functions, object]:
    """The functions, and the engine that they live as long as."""
    loaded = compiler.load_object(cache.kept(_key(), _compile))
    return Functions(*(
        ctypes.CFUNCTYPE(_U64, *_PARAMS[name])(loaded.get_function_address(name))
        for name in Functions._fields)), loaded


def _compile() -> bytes:
    binding, machine = compiler.llvm(), compiler.target_machine()
    parsed = binding.parse_assembly((Path(__file__).parent / "bulk.ll").read_text())
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))
