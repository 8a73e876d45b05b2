"""Builds LLVM modules: a handler per form, fused handlers, ways out, and helpers.

The forms of a unit share a module, with ways out of their own; helpers and fused handlers are in
the main one. Handlers find each other through the words of code, whatever module they are in.
"""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from gabagool.isa import FORM_NUMBER, FORMS, TRACED, UNITS, WATCHED
from gabagool.native import helpers, taps, threaded, trace
from gabagool.native.emitter import Emitter
from gabagool.native.ir_types import BYTE, CONVENTION, HANDLER, INT32, INT64, PTR, VOID, FusionError
from gabagool.native.layout import Ctx, InstRec, Reason, SpanRec

STOPS = {"fuel": Reason.FUEL, "trap": Reason.TRAP, "call": Reason.CALL,
          "service": Reason.SERVICE, "breakpoint": Reason.BREAKPOINT, "depth": Reason.DEPTH,
          "finished": Reason.FINISHED}
_Functions = dict[str, ir.Function]


def build_main(fusions: Sequence[tuple[str, ...]]) -> tuple[ir.Module, list[tuple[str, ...]]]:
    """The main module, and those of `fusions` that can be one handler, in table order.

    As `build_unit`; fusions follow the forms in `handlers`.
    """
    module, stops, plain = _unit("")
    fused: list[ir.Function] = []
    accepted: list[tuple[str, ...]] = []
    for names in fusions:
        function = _fuse(module, names, plain, stops)
        if function is not None:
            fused.append(function)
            accepted.append(names)
    _table(module, "handlers", [*plain.values(), *fused])
    _tracing(module, stops)
    _enter(module)
    threaded.build_thread(module)
    threaded.build_thread_kept(module)
    helpers.build_page_diff(module)
    taps.build(module)
    return module, accepted


def build_unit(unit: str) -> ir.Module:
    """The module of a unit. Its global `handlers` is the table of handler addresses of its forms,
    `watching` that of the watching variants."""
    module, _, plain = _unit(unit)
    _table(module, "handlers", list(plain.values()))
    return module


def _unit(unit: str) -> tuple[ir.Module, _Functions, _Functions]:
    """A module with the handlers of a unit; its ways out and plain handlers by name."""
    module = ir.Module("gabagool")
    stops = {name: new_stop(module, name, reason) for name, reason in STOPS.items()}
    plain = {form.name: new_handler(module, f"h{i}.{form.name}")
             for i, form in enumerate(UNITS[unit])}
    for form in UNITS[unit]:
        Emitter(plain[form.name], (form,), None, stops).build()
    watching = [new_handler(module, f"w.{form.name}") for form in WATCHED[unit]]
    for function, form in zip(watching, WATCHED[unit], strict=True):
        Emitter(function, (form,), None, stops, watching=True).build()
    _table(module, "watching", watching)
    return module, stops, plain


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


def _fuse(module: ir.Module, names: tuple[str, ...], plain: _Functions,
          stops: _Functions) -> ir.Function | None:
    """A handler for a sequence of forms of one unit; None if it can't be one."""
    if not plain.keys() >= set(names):
        return None
    forms = [FORMS[FORM_NUMBER[name]] for name in names]
    function = new_handler(module, "f." + "-".join(names))
    try:
        Emitter(function, forms, plain[names[0]], stops).build()
    except FusionError:
        del module.globals[function.name]
        return None
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
