"""Where a stopped machine stands: position, frames, locals, operands."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gabagool.errors import FrameInfo
from gabagool.isa import FORMS
from gabagool.isa.row import Form
from gabagool.native.layout import Ctx, Header
from gabagool.runtime.control import ControlBlock
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.region import Region
from gabagool.runtime.slots import read_values
from gabagool.runtime.stops import Frame, Position
from gabagool.runtime.store import Store
from gabagool.types import ValType, slots_of, slots_of_all

_RETURN = struct.Struct("<III")      # Header.RETURN, CALLER and DELTA
_Place = tuple[FuncInst, int, int]   # a frame's function, the position in it, its stack offset
_FIELDS = [struct.Struct("<" + form.format[2:]) for form in FORMS]


class Standing:
    """The part of a machine that tells its position and what its frames hold."""

    store: Store
    stack: Region
    ctx: ControlBlock
    _walked: list[_Place] | None = None      # the innermost frames at this boundary
    _above = False                           # whether there are more

    @property
    def position(self) -> Position | None:
        """The instruction that executes next; None before the start and after the finish."""
        func, at = self.store.func_at(self.ctx[Ctx.PC])
        if func.instance is None or func.lowered is None:
            return None
        return Position(func.instance.index, func.funcidx, func.lowered.offset_at(at))

    @property
    def depth(self) -> int:
        """Frames on the stack; 1 in the function that was started."""
        return self.ctx.get32(Ctx.DEPTH)

    def go_to(self, func: FuncInst, position: int, fp: int) -> None:
        """Point the control block at a word of a function and a frame."""
        self._walked = None
        self.ctx[Ctx.PC] = func.base + position
        self.ctx[Ctx.FP] = self.stack.address + fp
        self.ctx[Ctx.INST] = self.store.record_of(func)

    def form_at(self, func: FuncInst, position: int) -> Form:
        assert func.lowered is not None
        return FORMS[func.lowered.form_number(position)]

    def fields_at(self, func: FuncInst, position: int) -> tuple[int, ...]:
        """The fields of a word as lowered: with the module's own indices."""
        assert func.lowered is not None
        number = func.lowered.form_number(position)
        return _FIELDS[number].unpack_from(func.lowered.code, position + 8)

    def threaded_fields_at(self, func: FuncInst, position: int) -> tuple[int, ...]:
        """The fields of a word as threaded: with store addresses."""
        assert func.lowered is not None
        number = func.lowered.form_number(position)
        at = func.base + position - self.store.arena.address
        return _FIELDS[number].unpack_from(self.store.arena.view, at + 8)

    def backtrace(self, limit: int = 20) -> tuple[FrameInfo, ...]:
        return tuple(
            FrameInfo(f.instance, f.funcidx,
                      self.store.instances[f.instance].compiled.func_name(f.funcidx), f.offset)
            for f in self.frames(limit))

    def frames(self, limit: int | None = None, start: int = 0) -> list[Frame]:
        """Frames innermost first, at most `limit`, from the one `start` levels up on."""
        places = self._places(None if limit is None else start + limit)[start:]
        return [self._frame(place, called=level > 0) for level, place in enumerate(places, start)]

    def frame(self, level: int) -> Frame | None:
        """The frame `level` up, None if there are not so many."""
        return next(iter(self.frames(1, level)), None)

    def _places(self, count: int | None) -> Sequence[_Place]:
        """Where the innermost `count` frames stand. Each step up is made once at a boundary."""
        if self._walked is None:
            func, at = self.store.func_at(self.ctx[Ctx.PC])
            fp = self.ctx[Ctx.FP] - self.stack.address
            self._walked = [(func, at, fp)] if func.addr else []
            self._above = bool(func.addr)
        walked, funcs, view = self._walked, self.store.funcs, self.stack.view
        while self._above and (count is None or len(walked) < count):
            func, at, fp = walked[-1]
            assert func.lowered is not None
            at, caller, delta = _RETURN.unpack_from(view, fp + func.lowered.header)
            self._above = bool(caller)
            if caller:
                walked.append((funcs[caller], at, fp - delta))
        return walked if count is None else walked[:count]

    def _frame(self, place: _Place, called: bool) -> Frame:
        func, at, fp = place
        assert func.instance is not None and func.lowered is not None
        offset = func.lowered.offset_at(at - 1 if called else at)
        height = slots_of_all(self.operand_types(func, offset))
        if called:
            typeidxs = func.instance.compiled.module.func_typeidxs
            height -= self.call_operands(func, offset, typeidxs)
        return Frame(func.instance.index, func.funcidx, offset, fp, height, func.addr)

    def operand_types(self, func: FuncInst, offset: int) -> tuple[ValType, ...]:
        assert func.instance is not None
        return func.instance.compiled.operands(func.funcidx, offset)

    def call_operands(self, func: FuncInst, offset: int,
                      typeidxs: tuple[int, ...]) -> int:
        """Slots of the operands that the call at `offset` has handed to its callee."""
        assert func.lowered is not None and func.instance is not None
        at = func.lowered.position_at(offset)
        assert at is not None
        form = self.form_at(func, at)
        fields = self.fields_at(func, at)
        direct = form.name == "call"
        functype = func.instance.compiled.module.functype_at(
            typeidxs[fields[1]] if direct else fields[1])
        assert functype is not None
        return slots_of_all(functype.params) + (not direct)

    def locals(self, level: int = 0) -> list[tuple[ValType, int]]:
        """(type, bits) of the locals of the frame `level` up, parameters first."""
        frame = self.frames(1, level)[0]
        lowered = self.store.funcs[frame.funcaddr].lowered
        assert lowered is not None
        return self._values(lowered.locals, frame.fp)

    def operands(self, level: int = 0) -> list[tuple[ValType, int]]:
        """(type, bits) of the operand stack of the frame `level` up, bottom first."""
        frame = self.frames(1, level)[0]
        func = self.store.funcs[frame.funcaddr]
        assert func.lowered is not None
        types, slots = [], 0
        for t in self.operand_types(func, frame.offset):
            slots += slots_of(t)
            if slots > frame.height:
                break
            types.append(t)
        return self._values(types, frame.fp + func.lowered.header + Header.SIZE)

    def _values(self, types: Sequence[ValType], at: int) -> list[tuple[ValType, int]]:
        return list(zip(types, read_values(self.stack.words, at >> 3, types), strict=True))
