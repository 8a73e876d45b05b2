"""Builds LLVM modules: a handler per form, fused handlers, ways out, and helpers.

The forms of a unit share a module, with ways out of their own; helpers and fused handlers are in
the main one. Handlers find each other through the words of code, whatever module they are in.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from llvmlite import ir

from gabagool.isa import FORM_NUMBER, FORMS, READ, TRACED, UNITS, WATCHED
from gabagool.native import fusion, helpers, taps, threaded, trace
from gabagool.native.emitter import Emitter
from gabagool.native.ir_types import BYTE, CONVENTION, HANDLER, INT32, INT64, PTR, VOID, FusionError
from gabagool.native.layout import Ctx, InstRec, Reason, SpanRec

STOPS = {"fuel": Reason.FUEL, "trap": Reason.TRAP, "call": Reason.CALL,
          "service": Reason.SERVICE, "breakpoint": Reason.BREAKPOINT, "depth": Reason.DEPTH,
          "finished": Reason.FINISHED}
_Functions = dict[str, ir.Function]


class _Building:
    """A module under construction: its ways out, and the handlers it has so far."""

    def __init__(self, unit: str) -> None:
        self.module, self.stops = _module()
        self._forms = {form.name: (i, form) for i, form in enumerate(UNITS[unit])}
        self._plain: _Functions = {}

    def plain(self, name: str) -> ir.Function:
        """The handler of a form, built when it is first asked for."""
        if name not in self._plain:
            i, form = self._forms[name]
            self._plain[name] = function = new_handler(self.module, f"h{i}.{name}")
            Emitter(function, (form,), None, self.stops).build()
        return self._plain[name]

    def fused(self, names: tuple[str, ...]) -> ir.Function | None:
        """A handler for a sequence of forms; None if it can't be one."""
        if not self._forms.keys() >= set(names):
            return None
        forms = [FORMS[FORM_NUMBER[name]] for name in names]
        instead = self.plain(names[0])
        function = new_handler(self.module, "f." + "-".join(names))
        try:
            Emitter(function, forms, instead, self.stops).build()
        except FusionError:
            del self.module.globals[function.name]
            return None
        return function

    def handlers(self, sequences: Iterable[tuple[str, ...]]) -> list[str]:
        """Build handlers of sequences (also of single forms) and their table `handlers`.

        Returns the names of those that can be, in table order (see `fusion.name_of`).
        """
        built: dict[str, ir.Function] = {}
        for names in sequences:
            function = self.plain(names[0]) if len(names) == 1 else self.fused(names)
            if function is not None:
                built[fusion.name_of(names)] = function
        _table(self.module, "handlers", list(built.values()))
        return list(built)

    def watching(self, unit: str) -> None:
        """Build watching variants and their table `watching`."""
        functions = [new_handler(self.module, f"w.{form.name}") for form in WATCHED[unit]]
        for function, form in zip(functions, WATCHED[unit], strict=True):
            Emitter(function, (form,), None, self.stops, watching=True).build()
        _table(self.module, "watching", functions)


def build_main(fusions: Sequence[tuple[str, ...]],
               elsewhere: Container[tuple[str, ...]] = ()) -> tuple[ir.Module, list[str]]:
    """The main module, and the names of its handlers in table order.

    These are the forms, then those of `fusions` that can be one handler, but none of `elsewhere`.
    """
    building = _Building("")
    names = building.handlers(sequence for sequence in (*_singles(""), *fusions)
                              if sequence not in elsewhere)
    building.watching("")
    module = building.module
    _tracing(module, building.stops)
    _enter(module)
    threaded.build_thread(module)
    threaded.build_thread_kept(module)
    helpers.build_page_diff(module)
    taps.build(module)
    return module, names


def build_some(sequences: Iterable[tuple[str, ...]]) -> tuple[ir.Module, list[str]]:
    """A module of some forms and fusions, and their names in table order."""
    building = _Building("")
    names = building.handlers(sequences)
    return building.module, names


def build_unit(unit: str) -> ir.Module:
    """The module of a unit. Its global `handlers` is the table of handler addresses of its forms,
    `watching` that of the watching variants."""
    building = _Building(unit)
    building.handlers(_singles(unit))
    building.watching(unit)
    return building.module


def _singles(unit: str) -> list[tuple[str, ...]]:
    return [(form.name,) for form in UNITS[unit]]


def build_reading() -> ir.Module:
    """The reading variants of the forms of all units, which note writes as well; `reading` is
    their table."""
    module, stops = _module()
    reading = [new_handler(module, f"r.{form.name}") for form in READ]
    for function, form in zip(reading, READ, strict=True):
        Emitter(function, (form,), None, stops, watching=True, reading=True).build()
    _table(module, "reading", reading)
    return module


def _module() -> tuple[ir.Module, _Functions]:
    """A module and its ways out."""
    module = ir.Module("gabagool")
    return module, {name: new_stop(module, name, reason) for name, reason in STOPS.items()}


def _tracing(module: ir.Module, stops: _Functions) -> None:
    """The tracing variants and their table `tracing`."""
    trace.build(module)
    tracing = [new_handler(module, f"t.{form.name}") for form in TRACED]
    for function, form in zip(tracing, TRACED, strict=True):
        Emitter(function, (form,), None, stops, tracing=True).build()
    _table(module, "tracing", tracing)


def new_handler(module: ir.Module, name: str) -> ir.Function:
    function = ir.Function(module, HANDLER, name)
    function.calling_convention = CONVENTION
    function.linkage = "internal"
    function.attributes.add("nounwind")
    return function


def new_stop(module: ir.Module, name: str, reason: Reason) -> ir.Function:
    """Save the registers and return to the caller of `enter`."""
    function = new_handler(module, f"stop.{name}")
    pc, fp, _mem, _memlen, ctx, fuel = function.args
    b = ir.IRBuilder(function.append_basic_block())
    for field, value in ((Ctx.PC, pc), (Ctx.FP, fp), (Ctx.FUEL, fuel),
                         (Ctx.REASON, INT32(reason))):
        b.store(value, b.gep(ctx, [INT64(field)], source_etype=BYTE), align=4)
    b.ret_void()
    return function


def _table(module: ir.Module, name: str, functions: list[ir.Function]) -> None:
    t = ir.ArrayType(PTR, len(functions))
    table = ir.GlobalVariable(module, t, name)
    table.global_constant = True
    table.initializer = ir.Constant(t, [ir.Constant(PTR, f"@\"{f.name}\"") for f in functions])


def _enter(module: ir.Module) -> None:
    """`void enter(ctx)`: load the registers and run until something stops."""
    function = ir.Function(module, ir.FunctionType(VOID, [PTR]), "enter")
    b = ir.IRBuilder(function.append_basic_block())
    ctx = function.args[0]

    def load(base: ir.Value, offset: int, t: ir.Type) -> ir.Value:
        return b.load(b.gep(base, [INT64(int(offset))], source_etype=BYTE), typ=t, align=8)

    memory = load(load(ctx, Ctx.INST, PTR), InstRec.MEMORY, PTR)
    pc = load(ctx, Ctx.PC, PTR)
    args = [pc, load(ctx, Ctx.FP, PTR), load(memory, SpanRec.BASE, PTR),
            load(memory, SpanRec.LENGTH, INT64), ctx, load(ctx, Ctx.FUEL, INT64)]
    b.call(b.load(pc, typ=HANDLER.as_pointer(), align=8), args, cconv=CONVENTION)
    b.ret_void()
