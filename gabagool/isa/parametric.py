"""Parametric instructions (spec §2.4.8)."""

from __future__ import annotations

from gabagool.isa.row import VALUE, VECTOR, Form, Row
from gabagool.types import V128

_DROP = Form("drop", VALUE, (("slot", "slot"),), lambda e: e.pop_raw(), pops=1)
_SELECT = Form("select", VALUE, (("slot", "slot"),), lambda e: e.select_raw(), pops=3)
# A v128 has two slots.
_DROP_V128 = Form("drop+v128", VALUE, (("slot", "slot"),), lambda e: e.pop(V128), pops=2,
                  unit=VECTOR)
_SELECT_V128 = Form("select+v128", VALUE, (("slot", "slot"),), lambda e: e.select_raw(V128),
                    pops=5, unit=VECTOR)

ROWS = (
    Row("drop", 0x1A, (), (), (), "drop", (_DROP, _DROP_V128)),
    Row("select", 0x1B, (), (), (), "select", (_SELECT, _SELECT_V128)),
    Row("select t", 0x1C, ("valtypes",), (), (), "select t", (_SELECT, _SELECT_V128)),
)
