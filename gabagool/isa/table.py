"""Table instructions (spec §2.4.6). All are rare enough to leave native code."""

from __future__ import annotations

from gabagool.isa.row import SERVICE, Form, Row, prefixed

_SLOT = (("slot", "slot"),)


def _service(mnemonic: str, opcode: int, imms: tuple[str, ...],
             *fields: tuple[str, str]) -> Row:
    form = Form(mnemonic, SERVICE, (*_SLOT, *fields), None)
    return Row(mnemonic, opcode, imms, (), (), mnemonic, (form,))


_TABLE = ("table", "table")

ROWS = (
    _service("table.get", 0x25, ("tableidx",), _TABLE),
    _service("table.set", 0x26, ("tableidx",), _TABLE),
    _service("table.init", prefixed(0xFC, 12), ("elemidx", "tableidx"), ("elem", "u32"), _TABLE),
    _service("elem.drop", prefixed(0xFC, 13), ("elemidx",), ("elem", "u32")),
    _service("table.copy", prefixed(0xFC, 14), ("tableidx", "tableidx"),
             ("table", "table"), ("source", "table")),
    _service("table.grow", prefixed(0xFC, 15), ("tableidx",), _TABLE),
    _service("table.size", prefixed(0xFC, 16), ("tableidx",), _TABLE),
    _service("table.fill", prefixed(0xFC, 17), ("tableidx",), _TABLE),
)
