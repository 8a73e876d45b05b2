"""The validation rules of types (spec §3.2): those of the type section and those that use them."""

from __future__ import annotations

from gabagool.errors import ValidationError
from gabagool.rectypes import MAX_DEPTH
from gabagool.syntax import Module
from gabagool.types import (
    CompType,
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    StructType,
    SubType,
    TableType,
    ValType,
)
from gabagool.valid.const import check_valtype

# Most pages and elements by `is64`, and how the messages call them.
_MAX_PAGES = {False: (1 << 16, "65536 pages (4GiB)"), True: (1 << 48, "2^48 pages (16EiB)")}
_MAX_ELEMENTS = {False: ((1 << 32) - 1, "2^32-1"), True: ((1 << 64) - 1, "2^64-1")}
_MAX_ARITY = 1000
_MAX_FIELDS = 10_000
_TYPE_ID = 1


def unknown(what: str, index: int, offset: int, where: str) -> ValidationError:
    return ValidationError(f"unknown {what} {index}", offset, where)


def _limits(limits: Limits, most: int, message: str, offset: int, where: str) -> None:
    """Limits (§3.2.9) within `most`."""
    if limits.min > most or (limits.max is not None and limits.max > most):
        raise ValidationError(message, offset, where)
    if limits.max is not None and limits.min > limits.max:
        raise ValidationError("size minimum must not be greater than maximum", offset, where)


def check_valtype_at(t: ValType, types: int, offset: int, where: str) -> None:
    """That a type names one of the first `types` types only, if any."""
    try:
        check_valtype(t, types)
    except ValidationError as error:
        raise ValidationError(error.message, offset, where) from None


def check_externtype(module: Module, t: ExternType, offset: int, where: str) -> None:
    """The type of an import or definition (§3.2.10 to §3.2.14)."""
    if isinstance(t, GlobalType):
        check_valtype_at(t.valtype, len(module.types), offset, where)
    if isinstance(t, TableType):
        check_valtype_at(t.element, len(module.types), offset, where)
    if isinstance(t, MemType):
        most, text = _MAX_PAGES[t.is64]
        _limits(t.limits, most, f"memory size must be at most {text}", offset, where)
    elif isinstance(t, TableType):
        most, text = _MAX_ELEMENTS[t.is64]
        _limits(t.limits, most, f"table size must be at most {text}", offset, where)


def check_functype(module: Module, typeidx: int, offset: int, where: str) -> FuncType:
    """The function type of an index; ValidationError if it is not that of one."""
    if typeidx >= len(module.types):
        raise unknown("type", typeidx, offset, where)
    functype = module.functype_at(typeidx)
    if functype is None:
        raise ValidationError(f"type mismatch: type {typeidx} is not a function type",
                              offset, where)
    return functype


def check_types(module: Module) -> None:
    """Types (§3.2.9) may name those before them and those of their own recursion group.

    What is wrong with the names is found before anything else: a hierarchy of types can only be
    made once all of them are known.
    """
    offset = section_start(module, _TYPE_ID)
    index, end = 0, 0
    for group in module.recs:
        end += len(group)
        for index, t in enumerate(group, end - len(group)):
            for named in _named(t.comp):
                check_valtype_at(named, end, offset, f"type {index}")
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
    """Supertypes (§3.2.9) stand before the types below them; there is one at most."""
    if len(t.supers) > 1:
        raise ValidationError(f"sub type: {len(t.supers)} supertypes, at most one is allowed",
                              offset, f"type {index}")
    for above in t.supers:
        if above >= index:
            raise unknown("type", above, offset, f"type {index}")


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


def section_start(module: Module, section_id: int) -> int:
    """Where a section's contents start."""
    return next((s.start for s in module.sections if s.id == section_id), 0)
