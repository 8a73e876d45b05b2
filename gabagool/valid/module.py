"""The validation rules of modules (spec §3.5): everything except function bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gabagool.binary.constexpr import REF_FUNC
from gabagool.errors import ValidationError
from gabagool.rectypes import MAX_DEPTH
from gabagool.syntax import ConstExpr, Elem, Module, PlainDatas, Refs, typeidxs
from gabagool.types import (
    I32,
    CompType,
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValType,
    address_type,
    is_nullable,
    valtype_name,
)
from gabagool.valid.const import check_const, check_valtype

# Most pages and elements by `is64`, and how the messages call them.
_MAX_PAGES = {False: (1 << 16, "65536 pages (4GiB)"), True: (1 << 48, "2^48 pages (16EiB)")}
_MAX_ELEMENTS = {False: ((1 << 32) - 1, "2^32-1"), True: ((1 << 64) - 1, "2^64-1")}
_MAX_ARITY = 1000
_MAX_FIELDS = 10_000
_TYPE_ID, _START_ID = 1, 8
_NO_RESULTS = "non-empty tag result type"


def validate_module(module: Module) -> None:
    """Raise ValidationError unless the module is valid, its function bodies aside."""
    _types(module)
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


def _unknown(what: str, index: int, offset: int, where: str) -> ValidationError:
    return ValidationError(f"unknown {what} {index}", offset, where)


def _limits(limits: Limits, most: int, message: str, offset: int, where: str) -> None:
    """Limits (§3.2.9) within `most`."""
    if limits.min > most or (limits.max is not None and limits.max > most):
        raise ValidationError(message, offset, where)
    if limits.max is not None and limits.min > limits.max:
        raise ValidationError("size minimum must not be greater than maximum", offset, where)


def _valtype(t: ValType, types: int, offset: int, where: str) -> None:
    try:
        check_valtype(t, types)
    except ValidationError as error:
        raise ValidationError(error.message, offset, where) from None


def _externtype(module: Module, t: ExternType, offset: int, where: str) -> None:
    """The type of an import or definition (§3.2.10 to §3.2.14)."""
    if isinstance(t, GlobalType):
        _valtype(t.valtype, len(module.types), offset, where)
    if isinstance(t, TableType):
        _valtype(t.element, len(module.types), offset, where)
    if isinstance(t, MemType):
        most, text = _MAX_PAGES[t.is64]
        _limits(t.limits, most, f"memory size must be at most {text}", offset, where)
    elif isinstance(t, TableType):
        most, text = _MAX_ELEMENTS[t.is64]
        _limits(t.limits, most, f"table size must be at most {text}", offset, where)


def _types(module: Module) -> None:
    """Types (§3.2.9) may name those before them and those of their own recursion group.

    What is wrong with the names is found before anything else: a hierarchy of types can only be
    made once all of them are known.
    """
    offset = _offset(module, _TYPE_ID)
    index, end = 0, 0
    for group in module.recs:
        end += len(group)
        for index, t in enumerate(group, end - len(group)):
            for named in _named(t.comp):
                _valtype(named, end, offset, f"type {index}")
            _supers(module, index, t, offset)
            _size(index, t.comp, offset)
    _depths(module, offset)
    for index, t in enumerate(module.subtypes):
        _below_supers(module, index, t, offset)


def _named(t: CompType) -> tuple[ValType, ...]:
    """The types that a composite type is made of."""
    if isinstance(t, FuncType):
        return (*t.params, *t.results)
    fields = t.fields if isinstance(t, StructType) else (t.field,)
    return tuple(field.unpacked for field in fields)


def _supers(module: Module, index: int, t: SubType, offset: int) -> None:
    """Supertypes (§3.2.9) stand before the types below them; for now there is one at most."""
    if len(t.supers) > 1:
        raise ValidationError(f"sub type: {len(t.supers)} supertypes, at most one is allowed",
                              offset, f"type {index}")
    for above in t.supers:
        if above >= index:
            raise _unknown("type", above, offset, f"type {index}")


def _depths(module: Module, offset: int) -> None:
    depths: list[int] = []
    for index, t in enumerate(module.subtypes):
        depths.append(depths[t.supers[0]] + 1 if t.supers else 0)
        if depths[-1] > MAX_DEPTH:
            raise ValidationError(f"sub type: more than {MAX_DEPTH} supertypes one above another",
                                  offset, f"type {index}")


def _below_supers(module: Module, index: int, t: SubType, offset: int) -> None:
    """A declared subtype must match, and its supertype must not be final."""
    for above in t.supers:
        if module.subtypes[above].final:
            raise ValidationError(f"sub type {index} has a final super type {above}",
                                  offset, f"type {index}")
        if not module.space.comp_matches(t.comp, module.types[above]):
            raise ValidationError(f"sub type {index} does not match super type {above}: "
                                  f"{t.comp} and {module.types[above]}", offset, f"type {index}")


def _size(index: int, t: CompType, offset: int) -> None:
    """Limits the spec allows (appendix, implementation limitations).

    Without them a short body could push operands by the million with each call.
    """
    if isinstance(t, FuncType):
        most = max(len(t.params), len(t.results))
        what, limit = "parameters or results", _MAX_ARITY
    else:
        most = len(t.fields) if isinstance(t, StructType) else 1
        what, limit = "fields", _MAX_FIELDS
    if most > limit:
        raise ValidationError(f"{most} {what}: the limit is {limit}", offset, f"type {index}")


def _offset(module: Module, section_id: int) -> int:
    """Where a section's contents start."""
    return next((s.start for s in module.sections if s.id == section_id), 0)


def _imports(module: Module) -> None:
    for import_ in module.imports:
        where = f"import {import_.module}.{import_.name}"
        if import_.typeidx is not None:
            _functype(module, import_.typeidx, import_.offset, where)
        _externtype(module, import_.desc, import_.offset, where)
        if isinstance(import_.desc, TagType) and import_.desc.functype.results:
            raise ValidationError(_NO_RESULTS, import_.offset, where)


def _functions(module: Module) -> None:
    functypes = frozenset(i for i, t in enumerate(module.types) if isinstance(t, FuncType))
    if functypes.issuperset(typeidxs(module.funcs)):
        return
    first = len(module.imported_funcs)
    for index, func in enumerate(module.funcs, first):
        _functype(module, func.typeidx, func.start, f"function {index}")


def _functype(module: Module, typeidx: int, offset: int, where: str) -> FuncType:
    """The function type of an index; ValidationError if it is not that of one."""
    if typeidx >= len(module.types):
        raise _unknown("type", typeidx, offset, where)
    functype = module.functype_at(typeidx)
    if functype is None:
        raise ValidationError(f"type mismatch: type {typeidx} is not a function type",
                              offset, where)
    return functype


def _tables(module: Module) -> None:
    """Tables (§3.5.5): initial values may read imported globals only."""
    imported = len(module.table_types) - len(module.tables)
    globals = module.global_types[:len(module.global_types) - len(module.globals)]
    for index, table in enumerate(module.tables, imported):
        where = f"table {index}"
        _externtype(module, table.type, table.offset, where)
        if table.init is not None:
            check_const(module, table.init, table.type.element, where, globals)
        elif not is_nullable(table.type.element):
            raise ValidationError("type mismatch: a table of non-nullable references needs "
                                  "an initial value", table.offset, where)


def _mems(module: Module) -> None:
    imported = len(module.mem_types) - len(module.mems)
    for index, mem in enumerate(module.mems, imported):
        _externtype(module, mem.type, mem.offset, f"memory {index}")


def _tags(module: Module) -> None:
    """Tags (§3.5.7): exceptions carry parameters, nothing comes back."""
    first = len(module.tag_typeidxs) - len(module.tags)
    for index, tag in enumerate(module.tags, first):
        if _functype(module, tag.typeidx, tag.offset, f"tag {index}").results:
            raise ValidationError(_NO_RESULTS, tag.offset, f"tag {index}")


def _globals(module: Module) -> None:
    """Globals (§3.5.8): each may read those before it."""
    types = module.global_types
    first = len(types) - len(module.globals)
    for index, global_ in enumerate(module.globals, first):
        where = f"global {index}"
        _externtype(module, global_.type, global_.offset, where)
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
            raise _unknown(what, export.index, export.offset, where)
        if export.name in seen:
            raise ValidationError("duplicate export name", export.offset, where)
        seen.add(export.name)


def _start(module: Module) -> None:
    """The start function (§3.5.12) takes and returns nothing."""
    if module.start is None:
        return
    offset = _offset(module, _START_ID)
    if module.start >= len(module.func_typeidxs):
        raise _unknown("function", module.start, offset, "start section")
    if module.functype(module.start) != FuncType():
        raise ValidationError(f"start function: its type is {module.functype(module.start)}",
                              offset, "start section")


def _elems(module: Module) -> None:
    for index, elem in enumerate(module.elems):
        where = f"element segment {index}"
        _valtype(elem.type, len(module.types), elem.offset, where)
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
        raise _unknown("table", elem.table, elem.offset, where)
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
            raise _unknown("memory", data.memory, data.offset, where)
        address = address_type(module.mem_types[data.memory])
        check_const(module, data.where, address, where, module.global_types)
