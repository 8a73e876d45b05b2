"""Builds the LLVM module: a handler per form, fused handlers, ways out, and helpers."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from gabagool.isa import FORM_NUMBER, FORMS, WATCHED
from gabagool.native import helpers
from gabagool.native.emitter import Emitter
from gabagool.native.ir_types import BYTE, CONVENTION, HANDLER, INT32, INT64, PTR, VOID, FusionError
from gabagool.native.layout import Ctx, InstRec, Reason, SpanRec

_STOPS = {"fuel": Reason.FUEL, "trap": Reason.TRAP, "call": Reason.CALL,
          "service": Reason.SERVICE, "breakpoint": Reason.BREAKPOINT, "depth": Reason.DEPTH,
          "finished": Reason.FINISHED}


def build_module(fusions: Sequence[tuple[str, ...]]) -> tuple[ir.Module, list[tuple[str, ...]]]:
    """The whole module, and those of `fusions` that can be one handler, in table order.

    Its global `handlers` is the table of handler addresses: forms by number, then fusions, then
    the watching variants of `WATCHED`.
    """
    module = ir.Module("gabagool")
    stops = {name: _stop(module, name, reason) for name, reason in _STOPS.items()}
    plain = [_handler(module, f"h{i}.{form.name}") for i, form in enumerate(FORMS)]
    for function, form in zip(plain, FORMS, strict=True):
        Emitter(function, (form,), None, stops).build()
    fused: list[ir.Function] = []
    accepted: list[tuple[str, ...]] = []
    for names in fusions:
        function = _fuse(module, names, plain, stops)
        if function is not None:
            fused.append(function)
            accepted.append(names)
    watching = [_handler(module, f"w.{form.name}") for form in WATCHED]
    for function, form in zip(watching, WATCHED, strict=True):
        Emitter(function, (form,), None, stops, watching=True).build()
    _table(module, plain + fused + watching)
    _enter(module)
    helpers.build_thread(module)
    helpers.build_page_diff(module)
    return module, accepted


def _handler(module: ir.Module, name: str) -> ir.Function:
    function = ir.Function(module, HANDLER, name)
    function.calling_convention = CONVENTION
    function.linkage = "internal"
    function.attributes.add("nounwind")
    return function


def _fuse(module: ir.Module, names: tuple[str, ...], plain: list[ir.Function],
          stops: dict[str, ir.Function]) -> ir.Function | None:
    forms = [FORMS[FORM_NUMBER[name]] for name in names]
    function = _handler(module, "f." + "-".join(names))
    try:
        Emitter(function, forms, plain[FORM_NUMBER[names[0]]], stops).build()
    except FusionError:
        del module.globals[function.name]
        return None
    return function


def _stop(module: ir.Module, name: str, reason: Reason) -> ir.Function:
    """Save the registers and return to the caller of `enter`."""
    function = _handler(module, f"stop.{name}")
    pc, fp, _mem, _memlen, ctx, fuel = function.args
    b = ir.IRBuilder(function.append_basic_block())
    for field, value in ((Ctx.PC, pc), (Ctx.FP, fp), (Ctx.FUEL, fuel),
                         (Ctx.REASON, INT32(reason))):
        b.store(value, b.gep(ctx, [INT64(field)], source_etype=BYTE), align=4)
    b.ret_void()
    return function


def _table(module: ir.Module, functions: list[ir.Function]) -> None:
    t = ir.ArrayType(PTR, len(functions))
    table = ir.GlobalVariable(module, t, "handlers")
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
