"""Validation and lowering of exceptions (spec §3.4.10, and the legacy proposal), as in `control`.

What catches is written down as handlers, in the order in which their blocks end: so the inner ones
come first. A clause of a legacy `try` finds the caught exception below its operands: there it is an
operand that no instruction but `rethrow` reaches.
"""

from __future__ import annotations

from gabagool.binary.instrs import Catch, read_catches
from gabagool.errors import MalformedError
from gabagool.isa.exception import SKIP
from gabagool.isa.row import Row
from gabagool.types import EXN, EXNREF, ValType, reftype, slots_of_all
from gabagool.valid.control import ControlRules
from gabagool.valid.frames import (
    CATCH,
    CATCH_ALL,
    SENTINEL,
    TRY,
    TRY_TABLE,
    Control,
    Draft,
)
from gabagool.valid.lowered import SLOT, Clause, Handler

_CAUGHT = reftype(False, EXN)


class ExceptionRules(ControlRules):
    """Blocks that catch, and what throws."""

    # -- throwing ----------------------------------------------------------------------------

    def _tag(self) -> tuple[int, tuple[ValType, ...]]:
        """The tag index that comes next, and the types of its values."""
        tag = self.index("tag", len(self.context.tag_typeidxs))
        return tag, self._values(tag)

    def _values(self, tag: int) -> tuple[ValType, ...]:
        functype = self.context.module.functype_at(self.context.tag_typeidxs[tag])
        assert functype is not None
        return functype.params

    def rule_throw(self, row: Row) -> None:
        tag, values = self._tag()
        self._lower(row.form, values, (), tag)
        self.unreachable()

    def rule_throw_ref(self, row: Row) -> None:
        self._lower(row.form, (EXNREF,), ())
        self.unreachable()

    def rule_rethrow(self, row: Row) -> None:
        control = self.label(self.u32())
        if control.part not in (CATCH, CATCH_ALL):
            raise self.invalid("invalid rethrow label")
        self.emit(row.form, control.slot)
        self.unreachable()

    # -- try_table ---------------------------------------------------------------------------

    def rule_try_table(self, row: Row) -> None:
        functype = self.blocktype()
        self.reader.pos = self.at
        catches = read_catches(self.reader)
        self.at = self.reader.pos
        draft = Draft(self.pos)
        for catch in catches:
            self._add_catch(draft, catch)
        self.pop_all(functype.params)
        self._catching(self.push_control(functype.params, functype.results), draft, TRY_TABLE)

    def _add_catch(self, draft: Draft, catch: Catch) -> None:
        """A clause goes on at its label, which takes the values, the exception, or both."""
        types: tuple[ValType, ...] = ()
        if catch.tag is not None:
            if catch.tag >= len(self.context.tag_typeidxs):
                raise self.invalid(f"unknown tag {catch.tag}")
            types = self._values(catch.tag)
        label = self.label(catch.label)
        ref = label.slot + slots_of_all(types) * SLOT if catch.with_ref else None
        given = (*types, _CAUGHT) if catch.with_ref else types
        if not self.context.all_match(given, label.labels):
            raise self.mismatch(self.opcode_at)
        values = label.slot if catch.tag is not None else None
        draft.clauses.append((catch.tag, label, values, ref))

    def _catching(self, control: Control, draft: Draft, part: int) -> None:
        control.handler, control.part = draft, part

    # -- legacy try --------------------------------------------------------------------------

    def rule_try(self, row: Row) -> None:
        self._catching(self.rule_block(row), Draft(self.pos), TRY)

    def rule_catch(self, row: Row) -> None:
        self._clause(row, CATCH, *self._tag())

    def rule_catch_all(self, row: Row) -> None:
        self._clause(row, CATCH_ALL, None, ())

    def _clause(self, row: Row, part: int, tag: int | None, values: tuple[ValType, ...]) -> None:
        control = self.controls[-1]
        if control.handler is None or control.part not in (TRY, CATCH):
            raise MalformedError(f"END opcode expected: {row.mnemonic} without try", self.opcode_at)
        self._leave(control, skip=True)
        if control.part == TRY:
            self._end_body(control)
        control.part = part
        control.unreachable = False
        self.forget_initialised(control)
        self.stack[-1:] = (_CAUGHT, SENTINEL)
        control.height += 1
        above = control.slot + SLOT if tag is not None else None
        control.handler.clauses.append((tag, self.pos, above, control.slot))
        self.push_all(values)

    def rule_delegate(self, row: Row) -> None:
        """Ends a `try`; exceptions go on as if thrown inside the label's block."""
        control = self.controls[-1]
        if control.handler is None or control.part != TRY:
            raise MalformedError(f"END opcode expected: {row.mnemonic} without try", self.opcode_at)
        target = self.label(self.u32() + 1)
        target.delegates += (control.handler,)
        target.is_simple = False
        self.rule_end(row)

    def _leave(self, control: Control, skip: bool) -> None:
        """A part ends: its results go where the block's belong, behind the last part (`skip`)."""
        self.pop_results(control)
        if control.unreachable:
            self.drop_dead_code(control)
        else:
            self._go_to_end(control, skip)
        if control.part in (CATCH, CATCH_ALL):
            self.stack[-2:] = (SENTINEL,)
            control.height -= 1

    def _go_to_end(self, control: Control, skip: bool) -> None:
        count = slots_of_all(control.ends)
        if control.part in (CATCH, CATCH_ALL) and count:
            word = self.emit(SKIP[1], 0, count, control.slot + SLOT, control.slot)
            self.aim(word, SKIP[1], control)
        elif skip:
            self.aim(self.emit(SKIP[0], 0), SKIP[0], control)

    # -- ends --------------------------------------------------------------------------------

    def rule_end(self, row: Row) -> None:
        control = self.controls[-1]
        if control.part == TRY_TABLE:
            self.drop_dead_code(control)
        elif control.part:
            self._leave(control, skip=False)
            self.push_all(control.ends)
        if control.part in (TRY_TABLE, TRY):
            self._end_body(control)
        elif control.delegates:
            self._resolve_delegates(control)
        if control.handler is not None and not control.dead:
            self.handlers.append(control.handler)
        super().rule_end(row)

    def _end_body(self, control: Control) -> None:
        """What is thrown from here on is not for this block's handler."""
        assert control.handler is not None
        control.handler.end = self.pos
        self._resolve_delegates(control)

    def _resolve_delegates(self, control: Control) -> None:
        """Handlers of what encloses this place are yet to come."""
        for draft in control.delegates:
            draft.rest = len(self.handlers)
        control.delegates = ()

    def finished_handlers(self) -> tuple[Handler, ...]:
        """The table of handlers, now that every label is known."""
        return tuple(
            Handler(draft.start, draft.end,
                    tuple(Clause(tag, to if isinstance(to, int) else to.target, values, ref)
                          for tag, to, values, ref in draft.clauses),
                    i + 1 if draft.rest is None else draft.rest)
            for i, draft in enumerate(self.handlers))
