"""Builds LLVM modules: a handler per form, fused handlers, ways out, and helpers.

The core module has the forms without a unit and all else; a unit's module has only its forms and
its own ways out. Handlers find each other through the words of code, whatever module they are in.
"""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.isa.row import Form
from gabagool.native import helpers
from gabagool.native.emitter import Emitter
from gabagool.native.ir_types import BYTE, CONVENTION, HANDLER, INT32, INT64, PTR, VOID, FusionError
from gabagool.native.layout import Ctx, InstRec, Reason, SpanRec

_STOPS = {"fuel": Reason.FUEL, "trap": Reason.TRAP, "call": Reason.CALL,
          "service": Reason.SERVICE, "breakpoint": Reason.BREAKPOINT, "depth": Reason.DEPTH,
          "finished": Reason.FINISHED}


_Stops = dict[str, ir.Function]


def unit_forms(unit: str) -> list[Form]:
    """The forms of a unit ("" for the core's) in the order of its handlers."""
    return [form for form in FORMS if form.unit == unit]


def build_unit(unit: str) -> ir.Module:
    """The module of a unit; its global `handlers` is the table of handler addresses."""
    module, _, plain = _plain_handlers(unit)
    _table(module, list(plain.values()))
    return module


def build_module(fusions: Sequence[tuple[str, ...]]) -> tuple[ir.Module, list[tuple[str, ...]]]:
    """The core module, and those of `fusions` that can be one handler, in table order.

    Its global `handlers` has the core's forms, then fusions.
    """
    module, stops, plain = _plain_handlers("")
    fused: list[ir.Function] = []
    accepted: list[tuple[str, ...]] = []
    for names in fusions:
        function = _fuse(module, names, plain, stops)
        if function is not None:
            fused.append(function)
            accepted.append(names)
    _table(module, [*plain.values(), *fused])
    _enter(module)
    helpers.build_thread(module)
    helpers.build_page_diff(module)
    return module, accepted


def _plain_handlers(unit: str) -> tuple[ir.Module, _Stops, dict[str, ir.Function]]:
    """A new module with a handler for each form of a unit."""
    module = ir.Module("gabagool")
    stops = {name: _stop(module, name, reason) for name, reason in _STOPS.items()}
    plain: dict[str, ir.Function] = {}
    for i, form in enumerate(unit_forms(unit)):
        plain[form.name] = _handler(module, f"h{i}.{form.name}")
        Emitter(plain[form.name], (form,), None, stops).build()
    return module, stops, plain


def _handler(module: ir.Module, name: str) -> ir.Function:
    function = ir.Function(module, HANDLER, name)
    function.calling_convention = CONVENTION
    function.linkage = "internal"
    function.attributes.add("nounwind")
    return function


def _fuse(module: ir.Module, names: tuple[str, ...], plain: dict[str, ir.Function],
          stops: _Stops) -> ir.Function | None:
    """A handler for a sequence of core forms; None if it can't be one."""
    if not plain.keys() >= set(names):
        return None
    forms = [FORMS[FORM_NUMBER[name]] for name in names]
    function = _handler(module, "f." + "-".join(names))
    try:
        Emitter(function, forms, plain[names[0]], stops).build()
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
