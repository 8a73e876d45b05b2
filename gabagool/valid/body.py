"""Validates and lowers one function body in a single pass (spec §3.4 and appendix, algorithm).

The operand type stack holds a sentinel below each control frame, so that popping needs no height
check: what is popped is compared with what is expected, and everything unusual (an empty frame,
unreachable code, a mismatch) is sorted out on the slow path. An operand's slot follows from its
height. Words emitted in unreachable code are dropped where the code becomes reachable again.

The loop of `Body.run` carries the frequent instructions inline; the others are methods of
`rules.Rules`, found through the row's `rule`. It is long because calls cost more than all else.
"""

from __future__ import annotations

from gabagool.binary.code import unterminated
from gabagool.errors import MalformedError, ModuleError
from gabagool.types import V128, ValType, slots_of_all
from gabagool.valid.context import Context
from gabagool.valid.lowered import SLOT, Lowered
from gabagool.valid.rules import RULES, Rules
from gabagool.valid.tables import (
    BINARY,
    CONST32,
    GET,
    LOAD,
    OPS,
    OPS_CAREFUL,
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
                       frozenset(self.units), self.finished_handlers())

    def run(self, end: int) -> None:
        """Process instructions until offset `end` or the function's end."""
        data, buffer, stack, ops = self.data, self.buffer, self.stack, self.ops
        note, local_types, local_slots = self.offsets.append, self.locals, self.local_slots
        at, pos, adjust, high = self.at, self.pos, self.adjust, self.high
        while at < end:
            kind, pack, form, size, operand, result, align_bits, row = ops[data[at]]
            if kind == GET:
                note(at)
                index = data[at + 1]
                if index < 0x80:
                    at += 2
                else:
                    index, at = self.u32_at(at + 1)
                if index >= len(local_slots):
                    self.unknown_local(index, at)
                slot = (len(stack) + adjust) * SLOT
                if slot > high:
                    high = slot
                stack.append(local_types[index])
                pack(buffer, pos, form, slot, local_slots[index])
                pos += size
            elif kind == CONST32:
                note(at)
                value = data[at + 1]
                if value < 0x40:
                    at += 2
                else:
                    value, at = self.s32_at(at + 1)
                slot = (len(stack) + adjust) * SLOT
                if slot > high:
                    high = slot
                stack.append(result)
                pack(buffer, pos, form, slot, value & 0xFFFFFFFF)
                pos += size
            elif kind == BINARY:
                found = stack.pop()
                if found != operand:
                    self.pop_failed(found, operand, at, row.params)
                found = stack.pop()
                if found != operand:
                    self.pop_failed(found, operand, at, row.params, 1)
                note(at)
                pack(buffer, pos, form, (len(stack) + adjust) * SLOT)
                stack.append(result)
                pos += size
                at += 1
            elif kind <= TEE:      # SET or TEE: kinds are numbered in this order
                note(at)
                index = data[at + 1]
                if index < 0x80:
                    at += 2
                else:
                    index, at = self.u32_at(at + 1)
                if index >= len(local_slots):
                    self.unknown_local(index, at)
                found = stack.pop()
                if found != local_types[index]:
                    self.pop_failed(found, local_types[index], self.offsets[-1],
                                    (local_types[index],))
                pack(buffer, pos, form, (len(stack) + adjust) * SLOT, local_slots[index])
                if kind == TEE:
                    stack.append(local_types[index])
                pos += size
            elif kind == UNARY:
                found = stack.pop()
                if found != operand:
                    self.pop_failed(found, operand, at, row.params)
                note(at)
                pack(buffer, pos, form, (len(stack) + adjust) * SLOT)
                stack.append(result)
                pos += size
                at += 1
            elif kind <= STORE:    # LOAD or STORE
                start = at
                align, offset = data[at + 1], data[at + 2]
                if align < align_bits and offset < 0x80:
                    at += 3
                    if self.no_memory:
                        self.unknown_memory(start)
                else:
                    self.opcode_at = start
                    memory, offset, at = self.memarg(align_bits, at + 1)
                    if memory:
                        self.at, self.pos = at, pos
                        self.access_other(row, memory, offset)
                        pos, high = self.pos, max(high, self.high)
                        continue
                if kind == STORE:
                    found = stack.pop()
                    if found != result:
                        self.pop_failed(found, result, start, row.params)
                found = stack.pop()
                if found != operand:
                    self.pop_failed(found, operand, start, row.params, kind == STORE)
                note(start)
                pack(buffer, pos, form, (len(stack) + adjust) * SLOT, offset)
                if kind == LOAD:
                    stack.append(result)
                pos += size
            else:
                self.at, self.opcode_at, self.pos, self.high = at + 1, at, pos, high
                if row is None:
                    self.rule_prefix(data[at])
                else:
                    RULES[row.rule](self, row)
                at, pos, adjust, high = self.at, self.pos, self.adjust, self.high
                if not self.controls:
                    break
        self.at, self.pos, self.high = at, pos, high


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


def operand_types(context: Context, funcidx: int, offset: int) -> tuple[ValType, ...]:
    """Types of the operands below the instruction at a module byte offset, bottom first.

    The function must be valid and the instruction reachable.
    """
    body = Body(context, funcidx)
    body.run(offset)
    return tuple(t for t in body.stack if t > 0)
