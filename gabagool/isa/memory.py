"""Memory instructions (spec §2.4.7)."""

from __future__ import annotations

from typing import Any

from gabagool.isa.row import EFFECT, SERVICE, VALUE, Form, Row, Semantic, prefixed
from gabagool.types import F32, F64, I32, I64, ValType

_MEMARG = (("slot", "slot"), ("offset", "u32"))
_SLOT = (("slot", "slot"),)
# Plain forms are for memory 0 with 32-bit addresses. All other memories have forms of their own,
# which look the memory up: an address is 8 bytes of a slot, where an i32 stands zero-extended.
OTHER = "+mem"
_OTHER_MEMARG = (("slot", "slot"), ("mem", "mem"), ("offset", "u64"))


def accesses(mnemonic: str, kind: str, size: int, cell: Semantic, values: tuple[ValType, ...],
             results: tuple[ValType, ...], fields: tuple[tuple[str, str], ...] = (),
             unit: str = "") -> tuple[Form, Form]:
    """The plain form of an access to `size` bytes, and the one for all other memories.

    `cell` gets the emitter, the checked address, and operands of the types `values`.
    """
    def sem_plain(e: Any, a: Any, *rest: Any) -> Any:
        return cell(e, e.address(a, "offset", size), *rest)

    def sem_other(e: Any, a: Any, *rest: Any) -> Any:
        return cell(e, e.other_address(a, size), *rest)

    writes = kind == EFFECT
    return (Form(mnemonic, kind, (*_MEMARG, *fields), sem_plain, (I32, *values), results,
                 traps=True, writes=writes, reads=not writes, unit=unit),
            Form(mnemonic + OTHER, kind, (*_OTHER_MEMARG, *fields), sem_other, (I64, *values),
                 results, traps=True, writes=writes, reads=not writes, unit=unit))


def _load(mnemonic: str, opcode: int, t: ValType, bits: int, signed: bool = False) -> Row:
    forms = accesses(mnemonic, VALUE, bits // 8, lambda e, p: e.load(p, t, bits, signed), (), (t,))
    return Row(mnemonic, opcode, ("memarg",), (I32,), (t,), "load", forms, align=bits // 8)


def _store(mnemonic: str, opcode: int, t: ValType, bits: int) -> Row:
    forms = accesses(mnemonic, EFFECT, bits // 8, lambda e, p, v: e.store(p, v, bits), (t,), ())
    return Row(mnemonic, opcode, ("memarg",), (I32, t), (), "store", forms, align=bits // 8)


def _bulk(mnemonic: str, sub: int, imms: tuple[str, ...], *forms: Form) -> Row:
    form = forms[0]
    return Row(mnemonic, prefixed(0xFC, sub), imms, form.params, form.results, mnemonic, forms)


_SIZE = Form("memory.size", VALUE, _SLOT, lambda e: e.memory_pages(), (), (I32,))
_SIZE_OTHER = Form("memory.size" + OTHER, VALUE, (*_SLOT, ("mem", "mem")),
                   lambda e: e.other_memory_pages(), (), (I64,))
_GROW = Form("memory.grow", SERVICE, (*_SLOT, ("mem", "mem")), None, (I32,), (I32,))
_FILL = Form("memory.fill", EFFECT, _SLOT, lambda e, d, v, n: e.memory_fill(d, v, n),
             (I32, I32, I32), (), traps=True, writes=True)
_COPY = Form("memory.copy", EFFECT, _SLOT, lambda e, d, s, n: e.memory_copy(d, s, n),
             (I32, I32, I32), (), traps=True, writes=True, reads=True)
_FILL_OTHER = Form("memory.fill" + OTHER, SERVICE, (*_SLOT, ("mem", "mem")), None, pops=3)
_COPY_OTHER = Form("memory.copy" + OTHER, SERVICE, (*_SLOT, ("mem", "mem"), ("source", "mem")),
                   None, pops=3)
_INIT = Form("memory.init", SERVICE, (*_SLOT, ("data", "u32"), ("mem", "mem")), None,
             (I32, I32, I32), ())
_DATA_DROP = Form("data.drop", SERVICE, (*_SLOT, ("data", "u32")), None)

ROWS = (
    _load("i32.load", 0x28, I32, 32),
    _load("i64.load", 0x29, I64, 64),
    _load("f32.load", 0x2A, F32, 32),
    _load("f64.load", 0x2B, F64, 64),
    _load("i32.load8_s", 0x2C, I32, 8, True),
    _load("i32.load8_u", 0x2D, I32, 8),
    _load("i32.load16_s", 0x2E, I32, 16, True),
    _load("i32.load16_u", 0x2F, I32, 16),
    _load("i64.load8_s", 0x30, I64, 8, True),
    _load("i64.load8_u", 0x31, I64, 8),
    _load("i64.load16_s", 0x32, I64, 16, True),
    _load("i64.load16_u", 0x33, I64, 16),
    _load("i64.load32_s", 0x34, I64, 32, True),
    _load("i64.load32_u", 0x35, I64, 32),
    _store("i32.store", 0x36, I32, 32),
    _store("i64.store", 0x37, I64, 64),
    _store("f32.store", 0x38, F32, 32),
    _store("f64.store", 0x39, F64, 64),
    _store("i32.store8", 0x3A, I32, 8),
    _store("i32.store16", 0x3B, I32, 16),
    _store("i64.store8", 0x3C, I64, 8),
    _store("i64.store16", 0x3D, I64, 16),
    _store("i64.store32", 0x3E, I64, 32),
    Row("memory.size", 0x3F, ("memidx",), (), (I32,), "memory.size", (_SIZE, _SIZE_OTHER)),
    Row("memory.grow", 0x40, ("memidx",), (I32,), (I32,), "memory.grow", (_GROW,)),
    _bulk("memory.init", 8, ("dataidx", "memidx"), _INIT),
    _bulk("data.drop", 9, ("dataidx",), _DATA_DROP),
    _bulk("memory.copy", 10, ("memidx", "memidx"), _COPY, _COPY_OTHER),
    _bulk("memory.fill", 11, ("memidx",), _FILL, _FILL_OTHER),
)
