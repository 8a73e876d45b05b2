"""Control instructions (spec §2.4.11).

`block`, `loop`, `else` and `end` are structure, not steps: the forms they need (a jump over the
else branch, the return at a function's end) cost no fuel. A branch that moves values carries the
slots of both ends and their number; one that need not move any has a plain form.
"""

from __future__ import annotations

from gabagool.isa.row import CONTROL, Form, Row
from gabagool.types import I32, I64

_MOVE = (("n", "u32"), ("src", "slot"), ("dst", "slot"))
_DISP = ("disp", "disp")


def _branch(mnemonic: str, opcode: int, plain: Form, moving: Form) -> Row:
    return Row(mnemonic, opcode, ("labelidx",), (), (), mnemonic, (plain, moving))


_UNREACHABLE = Form("unreachable", CONTROL, (), lambda e: e.trap("unreachable"), traps=True)
_NOP = Form("nop", CONTROL, (), lambda e: e.next())
_IF = Form("if", CONTROL, (("slot", "slot"), _DISP), lambda e: e.branch_if_zero("disp"), pops=1)
_ELSE = Form("else", CONTROL, (_DISP,), lambda e: e.jump("disp"), steps=0)
_BR = Form("br", CONTROL, (_DISP,), lambda e: e.jump("disp"))
_BR_MOVE = Form("br+move", CONTROL, (_DISP, *_MOVE), lambda e: e.jump_moving("disp"))
_BR_IF = Form("br_if", CONTROL, (("slot", "slot"), _DISP), lambda e: e.branch_if("disp"), pops=1)
_BR_IF_MOVE = Form("br_if+move", CONTROL, (("slot", "slot"), _DISP, *_MOVE),
                   lambda e: e.branch_if_moving("disp"), pops=1)
_BR_ON_NULL = Form("br_on_null", CONTROL, (("slot", "slot"), _DISP),
                   lambda e: e.branch_on_null("disp", "==", False), pops=1)
_BR_ON_NULL_MOVE = Form("br_on_null+move", CONTROL, (("slot", "slot"), _DISP, *_MOVE),
                        lambda e: e.branch_on_null("disp", "==", True), pops=1)
_BR_ON_NON_NULL = Form("br_on_non_null", CONTROL, (("slot", "slot"), _DISP),
                       lambda e: e.branch_on_null("disp", "!=", False), pops=1)
_BR_ON_NON_NULL_MOVE = Form("br_on_non_null+move", CONTROL, (("slot", "slot"), _DISP, *_MOVE),
                            lambda e: e.branch_on_null("disp", "!=", True), pops=1)
# `table` is the displacement of an array of count + 1 entries of BR_ENTRY.
_BR_TABLE = Form("br_table", CONTROL, (("slot", "slot"), ("count", "u32"), ("table", "disp")),
                 lambda e: e.branch_table(), pops=1)
BR_ENTRY = "<iIII"     # displacement from the br_table word, n, src, dst
BR_ENTRY_SIZE = 16


def _returns(mnemonic: str, steps: int) -> tuple[Form, ...]:
    """Forms for no result, one result, and `n` results."""
    return (
        Form(mnemonic, CONTROL, (("header", "slot"),), lambda e: e.ret(0), steps=steps,
             frames=True),
        Form(mnemonic + "+1", CONTROL, (("header", "slot"), ("src", "slot")),
             lambda e: e.ret(1), steps=steps, frames=True),
        Form(mnemonic + "+n", CONTROL, (("header", "slot"), ("n", "u32"), ("src", "slot")),
             lambda e: e.ret(None), steps=steps, frames=True),
    )


# `ret` and `self` lie side by side: together they are the first half of the callee's header.
_RETURN = (("ret", "u32"), ("self", "self"))
_CALL = Form("call", CONTROL, (("slot", "slot"), ("func", "func"), *_RETURN), lambda e: e.call(),
             frames=True)
_INDIRECT = (("slot", "slot"), ("type", "type"), *_RETURN, ("index", "slot"), ("table", "table"))
_CALL_INDIRECT = Form("call_indirect", CONTROL, _INDIRECT, lambda e: e.call_indirect(I32),
                      frames=True)
_CALL_INDIRECT_64 = Form("call_indirect+64", CONTROL, _INDIRECT, lambda e: e.call_indirect(I64),
                         frames=True)
# A tail call moves `n` slots of arguments to the frame's start and hands its header on. Behind it
# stands a return (no step): a host function can't replace a frame, so its results go on there.
_REPLACE = (("n", "u32"), ("header", "slot"))
_RETURN_CALL = Form("return_call", CONTROL, (("slot", "slot"), ("func", "func"), *_REPLACE),
                    lambda e: e.return_call(), frames=True)
_RETURN_CALL_INDIRECT = Form(
    "return_call_indirect", CONTROL,
    (("slot", "slot"), ("type", "type"), ("index", "slot"), ("table", "table"), *_REPLACE),
    lambda e: e.return_call_indirect(I32), frames=True)
_RETURN_CALL_INDIRECT_64 = Form("return_call_indirect+64", CONTROL, _RETURN_CALL_INDIRECT.fields,
                                lambda e: e.return_call_indirect(I64), frames=True)

# `type` is for those who look at frames: what a reference of that type refers to is called as is.
_CALL_REF = Form("call_ref", CONTROL, (("slot", "slot"), ("type", "type"), *_RETURN,
                                       ("ref", "slot")), lambda e: e.call_ref(), frames=True)
_RETURN_CALL_REF = Form("return_call_ref", CONTROL,
                        (("slot", "slot"), ("ref", "slot"), *_REPLACE),
                        lambda e: e.return_call_ref(), frames=True)

# Names of the forms that push a frame, and of those that replace it.
CALLS = tuple(form.name for form in (
    _CALL, _CALL_INDIRECT, _CALL_INDIRECT_64, _CALL_REF))
TAIL_CALLS = tuple(form.name for form in (
    _RETURN_CALL, _RETURN_CALL_INDIRECT, _RETURN_CALL_INDIRECT_64, _RETURN_CALL_REF))

ROWS = (
    Row("unreachable", 0x00, (), (), (), "unreachable", (_UNREACHABLE,)),
    Row("nop", 0x01, (), (), (), "nop", (_NOP,)),
    Row("block", 0x02, ("blocktype",), (), (), "block", ()),
    Row("loop", 0x03, ("blocktype",), (), (), "loop", ()),
    Row("if", 0x04, ("blocktype",), (), (), "if", (_IF,)),
    Row("else", 0x05, (), (), (), "else", (_ELSE,)),
    Row("end", 0x0B, (), (), (), "end", _returns("end", 0)),
    _branch("br", 0x0C, _BR, _BR_MOVE),
    _branch("br_if", 0x0D, _BR_IF, _BR_IF_MOVE),
    Row("br_table", 0x0E, ("labelidxs",), (), (), "br_table", (_BR_TABLE,)),
    Row("return", 0x0F, (), (), (), "return", _returns("return", 1)),
    Row("call", 0x10, ("funcidx",), (), (), "call", (_CALL,)),
    Row("call_indirect", 0x11, ("typeuse", "tableidx"), (), (), "call_indirect",
        (_CALL_INDIRECT, _CALL_INDIRECT_64)),
    Row("return_call", 0x12, ("funcidx",), (), (), "return_call",
        (_RETURN_CALL,)),
    Row("return_call_indirect", 0x13, ("typeuse", "tableidx"), (), (), "return_call_indirect",
        (_RETURN_CALL_INDIRECT, _RETURN_CALL_INDIRECT_64)),
    Row("call_ref", 0x14, ("typeidx",), (), (), "call_ref", (_CALL_REF,)),
    Row("return_call_ref", 0x15, ("typeidx",), (), (), "return_call_ref", (_RETURN_CALL_REF,)),
    _branch("br_on_null", 0xD5, _BR_ON_NULL, _BR_ON_NULL_MOVE),
    _branch("br_on_non_null", 0xD6, _BR_ON_NON_NULL, _BR_ON_NON_NULL_MOVE),
)
