"""The difference of two byte strings, at memory speed: what deltas of snapshots are made of."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache

from gabagool.native import cache, compiler
from gabagool.native.key import object_key

_WORD = 8
_IR = """
declare i64 @llvm.ctpop.i64(i64)

; out = a xor b, `words` > 0 words of 8 bytes each, none aligned; returns how many bits are set
define i64 @xor(ptr noalias %a, ptr noalias %b, ptr noalias %out, i64 %words) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %sum = phi i64 [0, %entry], [%total, %loop]
  %a_at = getelementptr i64, ptr %a, i64 %i
  %b_at = getelementptr i64, ptr %b, i64 %i
  %out_at = getelementptr i64, ptr %out, i64 %i
  %x = load i64, ptr %a_at, align 1
  %y = load i64, ptr %b_at, align 1
  %z = xor i64 %x, %y
  store i64 %z, ptr %out_at, align 1
  %bits = call i64 @llvm.ctpop.i64(i64 %z)
  %total = add i64 %sum, %bits
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %words
  br i1 %more, label %loop, label %done
done:
  ret i64 %total
}
"""


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
        bits = _function()[0](a, b, target, len(out) // _WORD)
        del target      # while it lives, `out` can't be resized
    del out[size:]
    return out, bits


@lru_cache(maxsize=1)
def _function() -> tuple[Callable[..., int], object]:
    """The native function and its engine; compiled on first use ever, from the cache afterwards."""
    loaded = compiler.load_object(cache.kept("xor-" + object_key(), _compile))
    kind = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p,
                            ctypes.c_uint64)
    # The code lives as long as the engine.
    return kind(loaded.get_function_address("xor")), loaded


def _compile() -> bytes:
    binding, machine = compiler.llvm(), compiler.target_machine()
    parsed = binding.parse_assembly(_IR)
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))
