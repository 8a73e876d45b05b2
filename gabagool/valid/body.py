"""Validates and lowers one function body in a single pass (spec §3.4 and appendix, algorithm).

The operand type stack holds a sentinel below each control frame, so that operands need no height
check: they are compared with what is expected. An operand's slot follows from its height. Words
emitted in unreachable code are dropped where the code becomes reachable again.

The loop of `Body.run` carries the frequent instructions inline, where all is as it should be. All
others, and everything unusual (an empty frame, unreachable code, a mismatch, a long index), are for
the methods of `rules.Rules`, found through the row's `rule`. It is long because calls cost more
than all else.
"""

from __future__ import annotations

from gabagool.binary.code import unterminated
from gabagool.binary.leb import short_s32, short_u32
from gabagool.errors import MalformedError, ModuleError
from gabagool.types import I32, V128, slots_of_all
from gabagool.valid.context import Context
from gabagool.valid.frames import SENTINEL, Control
from gabagool.valid.lowered import SLOT, Lowered
from gabagool.valid.rules import RULES, Rules
from gabagool.valid.state import MAX_FRAME, pack_disp
from gabagool.valid.tables import (
    BINARY,
    BLOCK_RESULTS,
    BR,
    BR_IF,
    CALL,
    CONST32,
    END,
    GET,
    IF,
    LOAD,
    LOOP,
    OPS,
    OPS_CAREFUL,
    SET,
    STORE,
    TEE,
    UNARY,
)

_GROWTH = 24          # no instruction lowers to more than this many bytes per byte of its own
_WORD_MAX = 64


class Body(Rules):
    """One body being validated; `run` may stop early to tell the types at an offset."""

    def __init__(self, context: Context, funcidx: int) -> None:
        func = context.module.funcs[funcidx - len(context.module.imported_funcs)]
        super().__init__(context, context.module.functype(funcidx), func.start, func.end)
        self.funcidx = funcidx
        wide = bool(context.mems) and context.mems[0].is64
        self.ops = OPS_CAREFUL if wide or self.unset or V128 in self.locals else OPS
        self.calls: list[int] = []
        self.buffer = bytearray(_GROWTH * (func.end - func.start) + _WORD_MAX)

    def lower(self) -> Lowered:
        """Validate the whole body and return its lowered code."""
        self.run(self.end)
        if self.controls or self.at > self.end:
            raise unterminated(self.data, self.end)
        if self.at < self.end:
            raise MalformedError("END opcode expected", self.at)
        length = self.pos
        self.write_branch_tables()
        room = max(1, slots_of_all(self.functype.results)) * SLOT
        return Lowered(self.funcidx, self.functype.params, self.functype.results,
                       tuple(self.locals), self.param_size, self.header, self.high + room,
                       bytes(self.buffer[:self.pos]), length, self.offsets,
                       frozenset(self.units), self.finished_handlers(), tuple(self.calls))

    def run(self, end: int) -> None:
        """Process instructions until offset `end` or the function's end."""
        data, buffer, stack, ops = self.data, self.buffer, self.stack, self.ops
        offsets, local_types, local_slots = self.offsets, self.locals, self.local_slots
        controls, signatures = self.controls, self.context.signatures
        note, push, pop, leb = offsets.append, stack.append, stack.pop, short_u32
        called, locals_count, memory = self.calls.append, len(local_slots), not self.no_memory
        at, pos, adjust, high = self.at, self.pos, self.adjust, self.high
        while at < end:
            kind, pack, form, size, operand, result, extra, row = ops[data[at]]
            if kind <= STORE:
                if kind == GET:
                    index = data[at + 1]
                    if index < locals_count and index < 0x80:
                        note(at)
                        slot = (len(stack) + adjust) * SLOT
                        if slot > high:
                            high = slot
                        push(local_types[index])
                        pack(buffer, pos, form, slot, local_slots[index])
                        pos += size
                        at += 2
                        continue
                elif kind == CONST32:
                    value = data[at + 1]
                    if value < 0x40:
                        after = at + 2
                    else:
                        value, after = short_s32(data, at + 1)
                    if after:
                        note(at)
                        slot = (len(stack) + adjust) * SLOT
                        if slot > high:
                            high = slot
                        push(result)
                        pack(buffer, pos, form, slot, value)
                        pos += size
                        at = after
                        continue
                elif data[at + 1] < extra and memory:     # LOAD or STORE, of memory 0
                    offset = data[at + 2]
                    after = at + 3
                    if offset >= 0x80:
                        offset, after = leb(data, at + 2)
                    if after and kind == LOAD and stack[-1] == operand:
                        note(at)
                        pack(buffer, pos, form, (len(stack) + adjust) * SLOT - SLOT, offset)
                        stack[-1] = result
                        pos += size
                        at = after
                        continue
                    if after and kind == STORE and stack[-1] == result and stack[-2] == operand:
                        note(at)
                        del stack[-2:]
                        pack(buffer, pos, form, (len(stack) + adjust) * SLOT, offset)
                        pos += size
                        at = after
                        continue
            elif kind <= UNARY:
                if stack[-1] == operand and (kind == UNARY or stack[-2] == operand):
                    note(at)
                    if kind == BINARY:
                        pop()
                    pack(buffer, pos, form, (len(stack) + adjust) * SLOT - SLOT)
                    stack[-1] = result
                    pos += size
                    at += 1
                    continue
            elif kind == END:
                control = controls[-1]
                ends = control.ends
                left = control.height + len(ends) == len(stack)
                if control.is_simple and left and (not ends or stack[-1] == ends[0]):
                    del stack[control.height - 1:]
                    controls.pop()
                    adjust += 1
                    if control.unreachable:
                        pos = control.dead_pos
                        del offsets[control.dead_words:]
                    if control.else_fixup and not control.dead:
                        control.fixups.append(control.else_fixup)
                    for word, field in control.fixups:
                        pack_disp(buffer, word + field, pos - word)
                    if not control.is_loop:
                        control.target = pos
                    if ends:
                        push(ends[0])
                        high = max(high, (len(stack) + adjust) * SLOT)
                    at += 1
                    continue
            elif kind == CALL:
                index, after = leb(data, at + 1)
                if after and index < len(signatures):
                    params, results = signatures[index]
                    count = len(params)
                    if count <= len(stack) and stack[len(stack) - count:] == params:
                        note(at)
                        called(index)
                        if count:
                            del stack[-count:]
                        slot = (len(stack) + adjust) * SLOT
                        pack(buffer, pos, form, slot, index, pos + size, 0)
                        pos += size
                        at = after
                        if results:
                            stack.extend(results)
                            high = max(high, (len(stack) + adjust) * SLOT)
                            if high > MAX_FRAME:
                                raise self.too_high(at)
                        continue
            elif kind <= BR_IF:        # BR or BR_IF
                depth = data[at + 1]
                known = depth < 0x80 and depth < len(controls) and not controls[~depth].labels
                if known and (kind == BR or stack[-1] == I32):
                    label, control = controls[~depth], controls[-1]
                    disp = 0
                    if not (control.unreachable or control.dead):
                        if label.is_loop:
                            disp = label.target - pos
                        else:
                            label.fixups.append((pos, extra))
                    note(at)
                    if kind == BR_IF:
                        pop()
                        pack(buffer, pos, form, (len(stack) + adjust) * SLOT, disp)
                        pos += size
                    else:
                        pack(buffer, pos, form, disp)
                        pos += size
                        del stack[control.height:]
                    if kind == BR and not control.unreachable:
                        control.unreachable = True
                        control.dead_pos, control.dead_words = pos, len(offsets)
                    at += 2
                    continue
            elif kind <= LOOP:         # IF, BLOCK or LOOP
                if data[at + 1] in BLOCK_RESULTS and (kind != IF or stack[-1] == I32):
                    ends = BLOCK_RESULTS[data[at + 1]]
                    control = controls[-1]
                    dead = control.dead or control.unreachable
                    if kind == IF:
                        pop()
                    slot = (len(stack) + adjust) * SLOT
                    push(SENTINEL)
                    adjust -= 1
                    control = Control((), ends, len(stack), slot, dead)
                    control.is_simple = kind != IF or not ends
                    controls.append(control)
                    if kind == IF:
                        note(at)
                        pack(buffer, pos, form, slot, 0)
                        control.is_if = True
                        control.else_fixup = (pos, extra)
                        pos += size
                    elif kind == LOOP:
                        control.is_loop = True
                        control.labels = ()
                        control.target = pos
                    at += 2
                    continue
            elif kind <= TEE:          # SET or TEE
                index = data[at + 1]
                if index < locals_count and index < 0x80 and stack[-1] == local_types[index]:
                    note(at)
                    pack(buffer, pos, form, (len(stack) + adjust) * SLOT - SLOT,
                         local_slots[index])
                    if kind == SET:
                        pop()
                    pos += size
                    at += 2
                    continue
            # Everything else, and what was not simple enough above.
            self.at, self.opcode_at = at + 1, at
            self.pos, self.high, self.adjust = pos, high, adjust
            if row is None:
                self.rule_prefix(data[at])
            else:
                RULES[row.rule](self, row)
            at, pos, adjust, high = self.at, self.pos, self.adjust, self.high
            if not controls:
                break
        self.at, self.pos, self.adjust, self.high = at, pos, adjust, high


def lower(context: Context, funcidx: int) -> Lowered:
    """Validate function `funcidx` of the context's module and return its lowered code.

    Raises ValidationError or MalformedError naming the function and the byte offset.
    """
    body = None
    try:
        body = Body(context, funcidx)
        return body.lower()
    except IndexError:
        error = MalformedError("unexpected end of section or function", len(context.module.source))
        raise error.located(f"func[{funcidx}]") from None
    except ModuleError as error:
        raise error.located(f"func[{funcidx}]") from None
