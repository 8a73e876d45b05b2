"""The state of a body under validation, and the operations that all rules share (spec §3.4)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence

from gabagool.binary.code import read_locals
from gabagool.errors import MalformedError, ValidationError
from gabagool.isa.row import Form, Row
from gabagool.types import (
    BOTTOM,
    V128,
    FuncType,
    ValType,
    has_default,
    is_ref,
    reftype,
    slots_of,
    valtype_name,
)
from gabagool.valid.context import Context
from gabagool.valid.frames import PAD, SENTINEL, UNKNOWN, Control, Draft
from gabagool.valid.lowered import SLOT
from gabagool.valid.reading import Reading
from gabagool.valid.tables import PACKERS

_MAX_LOCALS = 50_000         # with parameters; the limit of browsers, too
MAX_FRAME = 1 << 26         # a short body can push a thousand results with each call


pack_disp = struct.Struct("<i").pack_into


def _names(types: Sequence[ValType]) -> str:
    return f"[{' '.join(valtype_name(t) for t in types if t > 0)}]"


class State(Reading):
    """A body under validation: operand types, control frames, code emitted so far."""

    def __init__(self, context: Context, functype: FuncType, start: int, end: int) -> None:
        super().__init__(context, start, end)
        self.functype = functype
        self.locals: list[ValType] = list(functype.params)
        self._read_locals()
        self.at = self.opcode_at = self.reader.pos
        self.no_memory = not context.mems
        self.stack: list[ValType] = []
        self.controls: list[Control] = []
        self.buffer = bytearray()
        self.pos = 0
        self.offsets = array("I")
        self.units: set[str] = set()
        self.tables: list[tuple[int, int, list[tuple[Control, int, int, int]]]] = []
        self.handlers: list[Draft] = []
        # Locals without a default that have no value yet, and those that were given one.
        first = len(functype.params)
        self.unset = {i for i, t in enumerate(self.locals) if i >= first and not has_default(t)}
        self.initialised: list[int] = []
        self._place_locals()

    def _read_locals(self) -> None:
        start = self.reader.pos
        for count, t in read_locals(self.reader):
            if len(self.locals) + count > _MAX_LOCALS:
                raise MalformedError(f"too many locals (the limit is {_MAX_LOCALS})", start)
            self.check_type(t, start)
            self.locals += [t] * count

    def _place_locals(self) -> None:
        """Give every local its slot; operands start behind the frame header."""
        slot = 0
        self.local_slots: list[int] = []
        self.param_size = 0
        for i, t in enumerate(self.locals):
            self.local_slots.append(slot)
            slot += slots_of(t) * SLOT
            if i + 1 == len(self.functype.params):
                self.param_size = slot
        self.header = slot
        self.adjust = slot // SLOT + 2
        self.high = (self.adjust) * SLOT
        self.push_control((), self.functype.results)

    # -- errors ------------------------------------------------------------------------------

    def mismatch(self, at: int, required: Sequence[ValType] | None = None,
                 popped: Sequence[ValType] = (), what: str = "instruction") -> ValidationError:
        """What doesn't match; `popped` are operands taken off the stack already."""
        text = "type mismatch"
        if required is not None:
            stack = (*self.stack[self.controls[-1].height:], *popped)
            text += f": {what} requires {_names(required)} but stack has {_names(stack)}"
        return ValidationError(text, at)

    # -- operand types -----------------------------------------------------------------------

    def pop_failed(self, found: ValType, expected: ValType, at: int,
                   required: Sequence[ValType], popped: int = 0) -> None:
        """Sort out why the popped type was not the expected one.

        The instruction requires all those types; the last ones, so many, are popped already.
        """
        if found == SENTINEL:
            self.stack.append(SENTINEL)
            if self.controls[-1].unreachable:
                return
        elif found == UNKNOWN or self.context.matches(found, expected):
            return
        raise self.mismatch(at, required, (found, *required[len(required) - popped:]))

    def pop(self, expected: ValType) -> None:
        found = self.stack.pop()
        if found != expected:
            self.pop_failed(found, expected, self.opcode_at, (expected,))
        elif found == V128:
            self.stack.pop()           # its PAD

    def pop_any(self) -> ValType:
        found = self.stack.pop()
        if found == SENTINEL:
            self.stack.append(SENTINEL)
            if not self.controls[-1].unreachable:
                raise self.invalid("type mismatch: instruction requires an operand but stack "
                                   "has []")
            return UNKNOWN
        if found == V128:
            self.stack.pop()
        return found

    def pop_ref(self) -> ValType:
        """Any reference; in unreachable code one of the lowest type."""
        found = self.pop_any()
        if found == UNKNOWN:
            return reftype(False, BOTTOM)
        if not is_ref(found):
            raise self.invalid("type mismatch: instruction requires a reference but stack has "
                               f"{_names((*self.stack[self.controls[-1].height:], found))}")
        return found

    def pop_all(self, types: Sequence[ValType]) -> None:
        for popped, expected in enumerate(reversed(types)):
            found = self.stack.pop()
            if found != expected:
                self.pop_failed(found, expected, self.opcode_at, types, popped)
            elif found == V128:
                self.stack.pop()           # its PAD

    def push(self, t: ValType) -> None:
        self.push_all((t,))

    def push_all(self, types: Sequence[ValType]) -> None:
        if V128 in types:
            for t in types:
                self.stack.extend((PAD, V128) if t == V128 else (t,))
        else:
            self.stack.extend(types)
        self.note_height()

    def note_height(self) -> None:
        slot = self.slot_here()
        if slot > self.high:
            self.high = slot
            if slot > MAX_FRAME:
                raise self.too_high(self.opcode_at)

    def too_high(self, at: int) -> ValidationError:
        return self.invalid(f"too many operands (the frame is over {MAX_FRAME} bytes)", at)

    def slot_here(self) -> int:
        """Frame offset of the slot above the top operand."""
        return (len(self.stack) + self.adjust) * SLOT

    # -- control frames ----------------------------------------------------------------------

    def push_control(self, starts: tuple[ValType, ...], ends: tuple[ValType, ...]) -> Control:
        dead = bool(self.controls) and (self.controls[-1].dead or self.controls[-1].unreachable)
        self.stack.append(SENTINEL)
        self.adjust -= 1
        control = Control(starts, ends, len(self.stack), self.slot_here(), dead)
        control.initialised = len(self.initialised)
        self.controls.append(control)
        self.push_all(starts)
        return control

    def pop_results(self, control: Control) -> None:
        """Check that a part of the block ends with exactly its results."""
        self.pop_all(control.ends)
        if len(self.stack) != control.height:
            raise self.left_over(control)

    def pop_control(self) -> Control:
        """Check that the block leaves exactly its results, and close its frame."""
        control = self.controls[-1]
        self.pop_results(control)
        self.stack.pop()
        self.adjust += 1
        self.controls.pop()
        self.forget_initialised(control)
        return control

    def left_over(self, control: Control) -> ValidationError:
        """A block leaves more than its results, which are popped by now."""
        return self.mismatch(self.opcode_at, control.ends, control.ends, "block")

    def forget_initialised(self, control: Control) -> None:
        """What a block initialised may have no value behind it."""
        self.unset.update(self.initialised[control.initialised:])
        del self.initialised[control.initialised:]

    def unreachable(self) -> None:
        """The rest of the block can't be reached: its operands are polymorphic."""
        control = self.controls[-1]
        del self.stack[control.height:]
        if not control.unreachable:
            control.unreachable = True
            control.dead_pos, control.dead_words = self.pos, len(self.offsets)

    def drop_dead_code(self, control: Control) -> None:
        """Forget the words emitted since the block became unreachable."""
        if control.unreachable:
            self.pos = control.dead_pos
            del self.offsets[control.dead_words:]

    @property
    def is_dead(self) -> bool:
        control = self.controls[-1]
        return control.dead or control.unreachable

    def label(self, depth: int) -> Control:
        if depth >= len(self.controls):
            raise self.invalid("unknown label")
        return self.controls[-1 - depth]

    # -- emitting ----------------------------------------------------------------------------

    def emit(self, form: Form, *fields: int | bytes) -> int:
        """Emit a word; returns its position."""
        if form.unit:
            self.units.add(form.unit)
        pack, number, size = PACKERS[form.name]
        word = self.pos
        self.offsets.append(self.opcode_at)
        pack(self.buffer, word, number, *fields)
        self.pos = word + size
        return word

    def simple(self, row: Row, *fields: int | bytes) -> None:
        """A row whose signature says all."""
        self._lower(row.form, row.params, row.results, *fields)

    def _lower(self, form: Form, params: tuple[ValType, ...], results: tuple[ValType, ...],
               *fields: int | bytes) -> None:
        """Pop, emit, push."""
        self.pop_all(params)
        self.emit(form, self.slot_here(), *fields)
        self.push_all(results)

    def aim(self, word: int, form: Form, control: Control) -> None:
        """Let the `disp` of a word point at a label, now or when its block ends."""
        if self.is_dead:
            return
        if control.is_loop:
            self.patch(word, form.offset_of("disp"), control.target)
        else:
            control.fixups.append((word, form.offset_of("disp")))

    def patch(self, word: int, field: int, target: int) -> None:
        pack_disp(self.buffer, word + field, target - word)

    def resolve(self, control: Control) -> None:
        """The block ends here: branches to it lead here."""
        for word, field in control.fixups:
            self.patch(word, field, self.pos)
        if not control.is_loop:
            control.target = self.pos
