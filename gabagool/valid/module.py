"""The validation rules of modules (spec §3.5): everything except function bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gabagool.binary.constexpr import REF_FUNC
from gabagool.errors import ValidationError
from gabagool.syntax import ConstExpr, Elem, Module, PlainDatas, Refs, typeidxs
from gabagool.types import I32, FuncType, TagType, address_type, is_nullable, valtype_name
from gabagool.valid.const import check_const
from gabagool.valid.types import (
    check_externtype,
    check_functype,
    check_types,
    check_valtype_at,
    section_start,
    unknown,
)

_START_ID = 8
_NO_RESULTS = "non-empty tag result type"


def validate_module(module: Module) -> None:
    """Raise ValidationError unless the module is valid, its function bodies aside."""
    check_types(module)
    _imports(module)
    _functions(module)
    _tables(module)
    _mems(module)
    _tags(module)
    _globals(module)
    _exports(module)
    _start(module)
    _elems(module)
    _datas(module)


def declared_funcs(module: Module) -> frozenset[int]:
    """The functions that `ref.func` may name in a body (C.refs, §3.5.16).

    They are those that occur outside of bodies and the start section.
    """
    exported = {export.index for export in module.exports if export.kind == "func"}
    listed = [elem.init.funcidxs for elem in module.elems if isinstance(elem.init, Refs)]
    return frozenset(exported.union(*listed, (
        funcidx for expr in _const_exprs(module) for opcode, funcidx in expr.instrs
        if opcode == REF_FUNC and isinstance(funcidx, int))))


def _const_exprs(module: Module) -> Iterator[ConstExpr]:
    """The constant expressions that may hold a reference, but lists of functions."""
    for table in module.tables:
        if table.init is not None:
            yield table.init
    for global_ in module.globals:
        yield global_.init
    for elem in module.elems:
        if not isinstance(elem.init, Refs):
            yield from elem.init


def _imports(module: Module) -> None:
    for import_ in module.imports:
        where = f"import {import_.module}.{import_.name}"
        if import_.typeidx is not None:
            check_functype(module, import_.typeidx, import_.offset, where)
        check_externtype(module, import_.desc, import_.offset, where)
        if isinstance(import_.desc, TagType) and import_.desc.functype.results:
            raise ValidationError(_NO_RESULTS, import_.offset, where)


def _functions(module: Module) -> None:
    functypes = frozenset(i for i, t in enumerate(module.types) if isinstance(t, FuncType))
    if functypes.issuperset(typeidxs(module.funcs)):
        return
    first = len(module.imported_funcs)
    for index, func in enumerate(module.funcs, first):
        check_functype(module, func.typeidx, func.start, f"function {index}")


def _tables(module: Module) -> None:
    """Tables (§3.5.5): initial values may read imported globals only."""
    imported = len(module.table_types) - len(module.tables)
    globals = module.global_types[:len(module.global_types) - len(module.globals)]
    for index, table in enumerate(module.tables, imported):
        where = f"table {index}"
        check_externtype(module, table.type, table.offset, where)
        if table.init is not None:
            check_const(module, table.init, table.type.element, where, globals)
        elif not is_nullable(table.type.element):
            raise ValidationError("type mismatch: a table of non-nullable references needs "
                                  "an initial value", table.offset, where)


def _mems(module: Module) -> None:
    imported = len(module.mem_types) - len(module.mems)
    for index, mem in enumerate(module.mems, imported):
        check_externtype(module, mem.type, mem.offset, f"memory {index}")


def _tags(module: Module) -> None:
    """Tags (§3.5.7): exceptions carry parameters, nothing comes back."""
    first = len(module.tag_typeidxs) - len(module.tags)
    for index, tag in enumerate(module.tags, first):
        if check_functype(module, tag.typeidx, tag.offset, f"tag {index}").results:
            raise ValidationError(_NO_RESULTS, tag.offset, f"tag {index}")


def _globals(module: Module) -> None:
    """Globals (§3.5.8): each may read those before it."""
    types = module.global_types
    first = len(types) - len(module.globals)
    for index, global_ in enumerate(module.globals, first):
        where = f"global {index}"
        check_externtype(module, global_.type, global_.offset, where)
        check_const(module, global_.init, global_.type.valtype, where, types[:index])


def _exports(module: Module) -> None:
    spaces = {
        "func": ("function", len(module.func_typeidxs)),
        "table": ("table", len(module.table_types)),
        "memory": ("memory", len(module.mem_types)),
        "global": ("global", len(module.global_types)),
        "tag": ("tag", len(module.tag_typeidxs)),
    }
    seen: set[str] = set()
    for export in module.exports:
        where = f"export {export.name!r}"
        what, count = spaces[export.kind]
        if export.index >= count:
            raise unknown(what, export.index, export.offset, where)
        if export.name in seen:
            raise ValidationError("duplicate export name", export.offset, where)
        seen.add(export.name)


def _start(module: Module) -> None:
    """The start function (§3.5.12) takes and returns nothing."""
    if module.start is None:
        return
    offset = section_start(module, _START_ID)
    if module.start >= len(module.func_typeidxs):
        raise unknown("function", module.start, offset, "start section")
    if module.functype(module.start) != FuncType():
        raise ValidationError(f"start function: its type is {module.functype(module.start)}",
                              offset, "start section")


def _elems(module: Module) -> None:
    for index, elem in enumerate(module.elems):
        where = f"element segment {index}"
        check_valtype_at(elem.type, len(module.types), elem.offset, where)
        if not _are_functions(module, elem.init):
            for expr in elem.init:
                check_const(module, expr, elem.type, where, module.global_types)
        if elem.where is not None:
            _check_table(module, elem, where)
            address = address_type(module.table_types[elem.table])
            check_const(module, elem.where, address, where, module.global_types)


def _are_functions(module: Module, init: Sequence[ConstExpr]) -> bool:
    """Whether these are references to functions that there are, as the segment's type is then."""
    return isinstance(init, Refs) and max(init.funcidxs, default=-1) < len(module.func_typeidxs)


def _check_table(module: Module, elem: Elem, where: str) -> None:
    """That an active segment's table exists and takes its references (§3.5.11)."""
    if elem.table >= len(module.table_types):
        raise unknown("table", elem.table, elem.offset, where)
    element = module.table_types[elem.table].element
    if not module.space.matches(elem.type, element):
        raise ValidationError(
            f"type mismatch: {valtype_name(elem.type)} in a table of {valtype_name(element)}",
            elem.offset, where)


def _datas(module: Module) -> None:
    first = address_type(module.mem_types[0]) if module.mem_types else None
    if isinstance(module.datas, PlainDatas) and first == I32:
        return
    for index, data in enumerate(module.datas):
        if data.where is None:
            continue
        where = f"data segment {index}"
        if data.memory >= len(module.mem_types):
            raise unknown("memory", data.memory, data.offset, where)
        address = address_type(module.mem_types[data.memory])
        check_const(module, data.where, address, where, module.global_types)
