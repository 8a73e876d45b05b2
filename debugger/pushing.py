"""Who pushed this? The step that left an operand where it is, in its frame."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from debugger.navigator import Navigator
from debugger.run import Run
from debugger.targets import Target
from gabagool.history.search import TapScan
from gabagool.native.layout import Ctx, Header
from gabagool.runtime.tapping import Code, TapSpec
from gabagool.types import slots_of_all
from gabagool.valid.lowered import SLOT

_MOST_ROUNDS = 100_000


def pushed(nav: Navigator, target: Target, run: Run) -> int | None:
    """The last step before the cursor that left the operand: by its results, by moving it along
    with a branch that was taken, or by throwing what was caught here. None if cancelled."""
    assert isinstance(target.where, Code) and target.life is not None
    floor, before = target.life.first, nav.cursor
    scan = TapScan([TapSpec(target.where, after=floor - 1)])
    for _ in range(_MOST_ROUNDS):
        if before <= floor:
            return None
        step = nav.recorder.search_back(before, scan, floor, run.cancel, run.report)
        if run.cancelled:
            return None
        with nav.recorder.excursion():
            thrown = _thrown(nav, target, floor if step is None else step, nav.cursor, run)
            if thrown is not None or step is None or _left(nav, target, step, run):
                return step if thrown is None else thrown
        before = step
    return None


def _left(nav: Navigator, target: Target, step: int, run: Run) -> bool:
    """Whether a step has left the operand: a branch that was not taken has moved nothing."""
    machine = nav.machine
    nav.recorder.seek(step, run.cancel)
    func, word = machine.store.func_at(machine.ctx[Ctx.PC])
    form = machine.form_at(func, word)
    if all(name != "dst" for name, _ in form.fields):
        return True
    nav.recorder.seek(step + 1, run.cancel)
    return machine.store.func_at(machine.ctx[Ctx.PC]) != (func, word + form.size)


def _thrown(nav: Navigator, target: Target, after: int, before: int, run: Run) -> int | None:
    """The last throw between two steps that was caught in this frame and left the operand."""
    machine, throws, life = nav.machine, nav.recorder.throws, target.life
    assert isinstance(target.where, Code) and life is not None
    for number in range(bisect_left(throws.steps, before) - 1,
                        bisect_right(throws.steps, after) - 1, -1):
        thrown = throws[number]
        if thrown.caught is None or not nav.recorder.seek(thrown.step + 1, run.cancel):
            continue
        frames = machine.frames(1)
        if not frames or machine.depth != life.depth or frames[0].fp != target.where.fp:
            continue
        lowered = machine.store.instances[frames[0].instance].compiled.lowered(frames[0].funcidx)
        lows = [low for handler in lowered.handlers for clause in handler.clauses
                if lowered.offset_at(clause.target) == thrown.caught.offset
                for low in (clause.values, clause.ref) if low is not None]
        width = SLOT * slots_of_all([type_ for type_, _ in machine.operands(0)])
        if lows and min(lows) <= target.slot < lowered.header + Header.SIZE + width:
            return thrown.step
    return None
