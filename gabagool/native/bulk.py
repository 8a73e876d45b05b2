"""Work on many bytes at memory speed: what snapshots are made of, and what memories start with."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from gabagool.native import cache, compiler
from gabagool.native.key import object_key

_WORD = 8
_IR = """
declare i64 @llvm.ctpop.i64(i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

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

; the numbers (u32) of the pages of 512 words in which a and b differ go to `out`; returns how many
define i64 @differing(ptr noalias %a, ptr noalias %b, i64 %pages, ptr noalias %out) {
entry:
  %any = icmp ne i64 %pages, 0
  br i1 %any, label %page, label %done
page:
  %p = phi i64 [0, %entry], [%p_next, %noted]
  %found = phi i64 [0, %entry], [%found_next, %noted]
  %first = shl i64 %p, 9
  br label %word
word:
  %w = phi i64 [0, %page], [%w_next, %word]
  %before = phi i64 [0, %page], [%after, %word]
  %i = add i64 %first, %w
  %a_at = getelementptr i64, ptr %a, i64 %i
  %b_at = getelementptr i64, ptr %b, i64 %i
  %x = load i64, ptr %a_at, align 1
  %y = load i64, ptr %b_at, align 1
  %z = xor i64 %x, %y
  %after = or i64 %before, %z
  %w_next = add i64 %w, 1
  %more_words = icmp ult i64 %w_next, 512
  br i1 %more_words, label %word, label %noted
noted:
  %number = trunc i64 %p to i32
  %place = getelementptr i32, ptr %out, i64 %found
  store i32 %number, ptr %place
  %differs = icmp ne i64 %after, 0
  %one = zext i1 %differs to i64
  %found_next = add i64 %found, %one
  %p_next = add i64 %p, 1
  %more_pages = icmp ult i64 %p_next, %pages
  br i1 %more_pages, label %page, label %done
done:
  %count = phi i64 [0, %entry], [%found_next, %noted]
  ret i64 %count
}

; source[starts[i]:ends[i]] goes to target[addresses[i]:] for i < count (all u32), in order; stops
; at the first that would reach over `size` and returns its number, or count
define i64 @scatter(ptr noalias %source, ptr noalias %starts, ptr noalias %ends,
                    ptr noalias %addresses, i64 %count, ptr noalias %target, i64 %size) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %copy]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %look, label %done
look:
  %start_at = getelementptr i32, ptr %starts, i64 %i
  %end_at = getelementptr i32, ptr %ends, i64 %i
  %address_at = getelementptr i32, ptr %addresses, i64 %i
  %start32 = load i32, ptr %start_at
  %end32 = load i32, ptr %end_at
  %address32 = load i32, ptr %address_at
  %start = zext i32 %start32 to i64
  %end = zext i32 %end32 to i64
  %address = zext i32 %address32 to i64
  %length = sub i64 %end, %start
  %reach = add i64 %address, %length
  %fits = icmp ule i64 %reach, %size
  br i1 %fits, label %copy, label %done
copy:
  %from = getelementptr i8, ptr %source, i64 %start
  %to = getelementptr i8, ptr %target, i64 %address
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %length, i1 false)
  %next = add i64 %i, 1
  br label %head
done:
  ret i64 %i
}
"""


class _Functions(NamedTuple):
    xor: Callable[..., int]
    differing: Callable[..., int]
    scatter: Callable[..., int]


_U64, _BYTES, _PLACE = ctypes.c_uint64, ctypes.c_char_p, ctypes.c_void_p
_PARAMS = {"xor": (_BYTES, _BYTES, _PLACE, _U64),
           "differing": (_PLACE, _PLACE, _U64, _PLACE),
           "scatter": (_BYTES, _PLACE, _PLACE, _PLACE, _U64, _PLACE, _U64)}


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
        bits = _functions().xor(a, b, target, len(out) // _WORD)
        del target      # while it lives, `out` can't be resized
    del out[size:]
    return out, bits


def differing(a: int, b: int, pages: int) -> list[int]:
    """The numbers of the pages (of 4096 bytes) in which memory at two addresses differs."""
    out = (ctypes.c_uint32 * max(1, pages))()
    return out[:_functions().differing(a, b, pages, ctypes.addressof(out))]


def scatter(source: bytes, starts: array[int], ends: array[int], addresses: array[int],
            target: int, size: int) -> int:
    """Put source[starts[i]:ends[i]] at target + addresses[i] (taken as unsigned), in order.

    The number of the first that would reach over `size` bytes and is not written, or of all.
    The parts must lie in `source`.
    """
    places = [part.buffer_info()[0] for part in (starts, ends, addresses)]
    return _functions().scatter(source, *places, len(starts), target, size)


def is_compiled() -> bool:
    """Whether this need not be compiled first, as it must be once on a computer."""
    return _loaded.cache_info().currsize > 0 or cache.has(_key())


def prepare() -> None:
    """Compile it if nobody has."""
    cache.kept(_key(), _compile)


def _functions() -> _Functions:
    return _loaded()[0]


def _key() -> str:
    return "bulk-" + object_key()


@lru_cache(maxsize=1)
def _loaded() -> tuple[_Functions, object]:
    """The functions, and the engine that they live as long as."""
    loaded = compiler.load_object(cache.kept(_key(), _compile))
    return _Functions(*(
        ctypes.CFUNCTYPE(_U64, *_PARAMS[name])(loaded.get_function_address(name))
        for name in _Functions._fields)), loaded


def _compile() -> bytes:
    binding, machine = compiler.llvm(), compiler.target_machine()
    parsed = binding.parse_assembly(_IR)
    parsed.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))
