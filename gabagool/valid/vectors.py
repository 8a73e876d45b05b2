"""Validation and lowering of vector instructions (spec §3.4.3), and of variables of two slots.

A v128 has two places on the operand stack, so that places stay slots: a PAD below, the type above.
The loop of `body` knows nothing of that; bodies with a v128 local use a table in which locals are
rules like others.
"""

from __future__ import annotations

from gabagool.isa.row import Form, Row
from gabagool.types import V128, ValType
from gabagool.valid.state import State


def form_for(row: Row, t: ValType) -> Form:
    """Of a row whose second form is for a v128: the one for a value of type `t`."""
    return row.forms[t == V128]


class VectorRules(State):
    """One method per rule, as in `rules`."""

    # -- immediates --------------------------------------------------------------------------

    def _bytes(self, count: int) -> bytes:
        self.reader.pos = self.at
        found = self.reader.take(count)
        self.at = self.reader.pos
        return found

    def lane(self, row: Row) -> int:
        """The lane that the last immediate names."""
        lane, = self._bytes(1)
        self._check_lane(lane, row.imms[-1].removeprefix("lane"))
        return lane

    def _check_lane(self, lane: int, count: str) -> None:
        if lane >= int(count):
            raise self.invalid("invalid lane index")

    def rule_v128_const(self, row: Row) -> None:
        self.simple(row, self._bytes(16))

    def rule_shuffle(self, row: Row) -> None:
        lanes = self._bytes(16)
        self._check_lane(max(lanes), row.imms[0].removeprefix("lanes"))
        self.simple(row, lanes)

    def rule_lane(self, row: Row) -> None:
        self.simple(row, self.lane(row))
