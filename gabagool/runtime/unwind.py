"""Exceptions in flight (spec §4.6.11): finding the handler over explicit frames, and going there.

The frames stay as they are until a handler is found: an exception that nothing catches leaves the
machine at the instruction that threw it, with all its frames to be looked at.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gabagool.isa.control import TAIL_CALLS
from gabagool.native.layout import Ctx, Header
from gabagool.records import dataclass
from gabagool.runtime.entities import FuncInst, TagInst
from gabagool.runtime.slots import read_values
from gabagool.runtime.stops import Position
from gabagool.runtime.store import Store
from gabagool.text import plain_value
from gabagool.types import is_ref, valtype_name
from gabagool.valid.lowered import Clause

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection


@dataclass(frozen=True, slots=True)
class Landing:
    """Where an exception is caught: a clause of `func`, in the frame at stack offset `fp`."""

    func: FuncInst
    clause: Clause
    fp: int
    depth: int

    @property
    def position(self) -> Position:
        """The instruction that execution goes on with, or the structure before it."""
        assert self.func.instance is not None and self.func.lowered is not None
        return Position(self.func.instance.index, self.func.funcidx,
                        self.func.lowered.offset_at(self.clause.target))


def find(machine: Inspection, tag: int) -> Landing | None:
    """Who catches an exception of a tag (by store address) thrown at the machine's position."""
    store, stack = machine.store, machine.stack
    func, at = store.func_at(machine.ctx[Ctx.PC])
    fp, depth = machine.ctx[Ctx.FP] - stack.address, machine.depth
    # What a host function throws that was tail-called comes from a frame that is no more.
    gone = machine.form_at(func, at).name in TAIL_CALLS
    while func.addr:
        assert func.lowered is not None
        if not gone:
            clause = _clause(func, at, tag)
            if clause is not None:
                return Landing(func, clause, fp, depth)
        header = fp + func.lowered.header
        at = stack.u32(header + Header.RETURN) - 1
        func = store.funcs[stack.u32(header + Header.CALLER)]
        fp -= stack.u32(header + Header.DELTA)
        depth, gone = depth - 1, False
    return None


def _clause(func: FuncInst, at: int, tag: int) -> Clause | None:
    """The first clause of a function that catches an exception of a tag thrown at `at`."""
    assert func.instance is not None and func.lowered is not None
    tags = func.instance.tags
    for clause in func.lowered.clauses_at(at):
        if clause.tag is None or tags[clause.tag] == tag:
            return clause
    return None


def land(machine: Inspection, landing: Landing, ref: int, words: Sequence[int]) -> None:
    """Go on at a landing: the values (`words`) and the exception to their slots."""
    clause, base = landing.clause, landing.fp >> 3
    if clause.values is not None:
        first = base + (clause.values >> 3)
        for i, word in enumerate(words):
            machine.stack.words[first + i] = word
    if clause.ref is not None:
        machine.stack.words[base + (clause.ref >> 3)] = ref
    machine.go_to(landing.func, clause.target, landing.fp)
    machine.ctx.put32(Ctx.DEPTH, landing.depth)


def values(store: Store, ref: int) -> tuple[int, ...]:
    """The bits of the values that an exception carries."""
    tag, words = store.exn(ref)
    return read_values(memoryview(array("Q", words)), 0, store.tags[tag].type.params)


def text(tag: TagInst, values: Sequence[int]) -> str:
    """An exception as people read it: `name(1, 2.5)`."""
    shown = [valtype_name(t) if is_ref(t) else plain_value(t, bits)
             for t, bits in zip(tag.type.params, values, strict=True)]
    return f"{tag.name}({', '.join(shown)})"
