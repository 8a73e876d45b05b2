"""Reference instructions (spec §2.4.5)."""

from __future__ import annotations

from gabagool.isa.row import VALUE, Form, Row

_NULL = Form("ref.null", VALUE, (("slot", "slot"),), lambda e: e.push(e.i64(0)))
_IS_NULL = Form("ref.is_null", VALUE, (("slot", "slot"),), lambda e: e.ref_is_null(), pops=1)
_FUNC = Form("ref.func", VALUE, (("slot", "slot"), ("func", "func")),
             lambda e: e.push(e.func_ref("func")))
_AS_NON_NULL = Form("ref.as_non_null", VALUE, (("slot", "slot"),),
                    lambda e: e.ref_as_non_null(), pops=1, traps=True)

ROWS = (
    Row("ref.null", 0xD0, ("heaptype",), (), (), "ref.null", (_NULL,), const=True),
    Row("ref.is_null", 0xD1, (), (), (), "ref.is_null", (_IS_NULL,)),
    Row("ref.func", 0xD2, ("funcidx",), (), (), "ref.func", (_FUNC,), const=True),
    Row("ref.as_non_null", 0xD4, (), (), (), "ref.as_non_null", (_AS_NON_NULL,)),
)
