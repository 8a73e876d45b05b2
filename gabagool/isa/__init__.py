"""THE instruction table, put together: rows by opcode and name, forms numbered.

The number of a form is its handler word in lowered code before threading. Everything else about
an instruction (decoding, validation, disassembly, native code) is derived from its row.
"""

from __future__ import annotations

from gabagool.isa import (
    control,
    engine,
    exception,
    gc,
    memory,
    numeric,
    parametric,
    reference,
    table,
    variable,
    vector,
)
from gabagool.isa.row import Form, Row

ROWS: tuple[Row, ...] = (*control.ROWS, *parametric.ROWS, *variable.ROWS, *table.ROWS,
                         *memory.ROWS, *reference.ROWS, *numeric.ROWS, *vector.ROWS,
                         *exception.ROWS, *gc.ROWS)

BY_OPCODE: dict[int, Row] = {row.opcode: row for row in ROWS}
BY_NAME: dict[str, Row] = {row.mnemonic: row for row in ROWS}


def _forms() -> tuple[Form, ...]:
    seen: dict[str, Form] = {}
    for row in ROWS:
        for form in row.forms:
            seen.setdefault(form.name, form)
    for form in engine.FORMS:
        seen[form.name] = form
    return tuple(seen.values())


FORMS: tuple[Form, ...] = _forms()
# Forms by the object file their handlers are in ("" is the main one).
UNITS: dict[str, tuple[Form, ...]] = {
    unit: tuple(form for form in FORMS if form.unit == unit)
    for unit in dict.fromkeys(form.unit for form in FORMS)}
# Those of them that have a watching variant.
WATCHED: dict[str, tuple[Form, ...]] = {
    unit: tuple(form for form in forms if form.writes) for unit, forms in UNITS.items()}
# Those that have a reading variant, of all units.
READ: tuple[Form, ...] = tuple(form for form in FORMS if form.reads)
# Those that have a tracing variant.
TRACED: tuple[Form, ...] = tuple(form for form in UNITS[""] if form.frames)
FORM_NUMBER: dict[str, int] = {form.name: i for i, form in enumerate(FORMS)}
