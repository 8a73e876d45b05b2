"""Exception instructions (spec §2.4.11), and the legacy ones that compilers still emit.

`try_table`, `try`, `delegate` and the catch clauses are structure, not steps: a function's table
of handlers says what they catch (`valid.lowered.Handler`). Throwing leaves native code;
`runtime.unwind` finds the handler. Falling out of the body of a legacy `try` or of one of its
clauses jumps over those that follow. Inside a clause the caught exception lies below the clause's
operands, where `rethrow` finds it.
"""

from __future__ import annotations

from gabagool.isa.row import CONTROL, SERVICE, Form, Row

_DISP = ("disp", "disp")
_THROW = Form("throw", SERVICE, (("slot", "slot"), ("tag", "tag")), None)
_THROW_REF = Form("throw_ref", SERVICE, (("slot", "slot"),), None, pops=1)
_RETHROW = Form("rethrow", SERVICE, (("exn", "slot"),), None)
_SKIP = Form("catch", CONTROL, (_DISP,), lambda e: e.jump("disp"), steps=0)
_SKIP_MOVE = Form("catch+move", CONTROL, (_DISP, ("n", "u32"), ("src", "slot"), ("dst", "slot")),
                  lambda e: e.jump_moving("disp"), steps=0)
SKIP = (_SKIP, _SKIP_MOVE)
# What a clause of `try_table` catches, by its code (§5.4.2).
CATCHES = ("catch", "catch_ref", "catch_all", "catch_all_ref")

ROWS = (
    Row("try", 0x06, ("blocktype",), (), (), "try", ()),
    Row("catch", 0x07, ("tagidx",), (), (), "catch", SKIP),
    Row("throw", 0x08, ("tagidx",), (), (), "throw", (_THROW,)),
    Row("rethrow", 0x09, ("tryidx",), (), (), "rethrow", (_RETHROW,)),
    Row("throw_ref", 0x0A, (), (), (), "throw_ref", (_THROW_REF,)),
    Row("delegate", 0x18, ("tryidx",), (), (), "delegate", ()),
    Row("catch_all", 0x19, (), (), (), "catch_all", SKIP),
    Row("try_table", 0x1F, ("blocktype", "catches"), (), (), "try_table", ()),
)
