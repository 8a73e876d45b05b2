"""Parametric instructions (spec §2.4.8)."""

from __future__ import annotations

from gabagool.isa.row import VALUE, Form, Row

_DROP = Form("drop", VALUE, (("slot", "slot"),), lambda e: e.pop_raw(), pops=1)
_SELECT = Form("select", VALUE, (("slot", "slot"),), lambda e: e.select_raw(), pops=3)

ROWS = (
    Row("drop", 0x1A, (), (), (), "drop", (_DROP,)),
    Row("select", 0x1B, (), (), (), "select", (_SELECT,)),
    Row("select t", 0x1C, ("valtypes",), (), (), "select t", (_SELECT,)),
)
