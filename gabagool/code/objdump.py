"""A module as text: sections, types, imports, functions … and disassembly with byte offsets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from gabagool.binary.code import read_locals
from gabagool.binary.hints import branch_hints
from gabagool.binary.names import decode_names
from gabagool.binary.reader import Reader
from gabagool.code.disasm import disassemble
from gabagool.code.operands import (
    Scope,
    constexpr_text,
    functype_text,
    identifier,
    quoted,
    valtype_text,
)
from gabagool.errors import GabagoolError, MalformedError, ModuleError
from gabagool.syntax import ConstExpr, Module, Names
from gabagool.types import (
    ExternType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    TableType,
    TagType,
    valtype_name,
)

_BYTES_SHOWN = 8


def objdump_text(module: Module, func: str | int | None = None, *,
                 headers: bool = False) -> Iterator[str]:
    """The lines of `gabagool objdump`: everything, only the headers, or only one function."""
    scope = Scope(module, decode_names(module))
    if func is not None:
        yield from _code(find_func(module, scope.names, func), scope)
        return
    for title, part in _PARTS.items():
        lines = list(part(scope))
        if lines:
            yield f"{title}:"
            yield from (f"  {line}" for line in lines)
            yield ""
    if not headers:
        first = len(module.imported_funcs)
        for funcidx in range(first, first + len(module.funcs)):
            yield from _code(funcidx, scope)


def find_func(module: Module, names: Names, wanted: str | int) -> int:
    """The function with this index, name (with or without `$`) or export name."""
    count = len(module.func_typeidxs)
    text = str(wanted).removeprefix("$")
    for funcidx, name in names.funcs.items():
        if name == text and funcidx < count:
            return funcidx
    for export in module.exports:
        if export.kind == "func" and export.name == text and export.index < count:
            return export.index
    if text.isdecimal() and int(text) < count:
        return int(text)
    raise GabagoolError(f"no function {wanted}; there are {count}, 0 to {count - 1}"
                        if count else "the module has no functions")


def func_title(funcidx: int, scope: Scope) -> str:
    """`func[7] $name (param i32)`."""
    name = scope.names.funcs.get(funcidx)
    words = [f"func[{funcidx}]", identifier(name) if name is not None else "",
             _typeidx_text(scope.module.func_typeidxs[funcidx], scope)]
    return " ".join(filter(None, words))


def _typeidx_text(typeidx: int, scope: Scope) -> str:
    functype = scope.module.functype_at(typeidx)
    if functype is None:
        return f"(type {typeidx})"
    return functype_text(functype, scope.names.types)


def _code(funcidx: int, scope: Scope) -> Iterator[str]:
    """One function: title, locals, and instructions as offset, bytes and text."""
    module = scope.module
    first = len(module.imported_funcs)
    if funcidx < first:
        yield f"{func_title(funcidx, scope)} (import)"
        return
    func = module.funcs[funcidx - first]
    yield f"{func.start:06x} {func_title(funcidx, scope)}:"
    yield from _locals(Reader(module.source, func.start, func.end), funcidx, scope)
    lines = disassemble(module, funcidx, scope.names)
    for line, after in zip(lines, [*(line.offset for line in lines[1:]), func.end], strict=True):
        dumped = _hex(module.source[line.offset:after] if line.mnemonic else b"")
        yield f" {line.offset:06x}: {dumped} | {'  ' * line.depth}{line.text}"
    yield ""


def _locals(r: Reader, funcidx: int, scope: Scope) -> Iterator[str]:
    """The locals by group, numbered after the parameters."""
    typeidx = scope.module.func_typeidxs[funcidx]
    functype = scope.module.functype_at(typeidx)
    index = 0 if functype is None else len(functype.params)
    try:
        groups = read_locals(r)
    except MalformedError:          # the listing will say so
        return
    for count, t in groups:
        span = str(index) if count == 1 else f"{index}..{index + count - 1}"
        if count:
            shown = valtype_text(t, scope.names.types)
            yield f" {'':6}  {'':{3 * _BYTES_SHOWN}}  | local[{span}] {shown}"
        index += count


def _hex(content: bytes) -> str:
    """The first bytes in hexadecimal, padded to a column; the last two columns show a cut."""
    text = content[:_BYTES_SHOWN].hex(" ")
    if len(content) > _BYTES_SHOWN:
        text += " +"
    return text.ljust(3 * _BYTES_SHOWN + 1)


def _sections(scope: Scope) -> Iterator[str]:
    for s in scope.module.sections:
        name = s.name if s.id else f"custom {quoted(s.name)}"
        count = "" if s.count is None else f" count={s.count}"
        yield f"{name:<24} start={s.start:06x} end={s.end:06x} size={s.end - s.start}{count}"


def _types(scope: Scope) -> Iterator[str]:
    first = 0
    for group in scope.module.recs:
        last = first + len(group) - 1
        rec = f" rec[{first}..{last}]" if len(group) > 1 else ""
        for index, t in enumerate(group, first):
            name = scope.names.types.get(index)
            shown = "" if name is None else f" {identifier(name)}"
            yield f"type[{index}]{rec}{shown} {t}"
        first = last + 1


def _imports(scope: Scope) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for i in scope.module.imports:
        kind, t = _externtype(i.desc)
        yield " ".join(filter(None, (f"{kind}[{counts[kind]}]", quoted(i.module),
                                     quoted(i.name), t)))
        counts[kind] += 1


def _functions(scope: Scope) -> Iterator[str]:
    module = scope.module
    first = len(module.imported_funcs)
    for funcidx in range(len(module.func_typeidxs)):
        place = "import"
        if funcidx >= first:
            func = module.funcs[funcidx - first]
            place = f"start={func.start:06x} end={func.end:06x} size={func.end - func.start}"
        yield f"{func_title(funcidx, scope)} {place}"


def _tables(scope: Scope) -> Iterator[str]:
    module = scope.module
    for index, table in enumerate(module.tables, len(module.table_types) - len(module.tables)):
        init = "" if table.init is None else f" {constexpr_text(table.init, scope)}"
        yield f"table[{index}] {_externtype(table.type)[1]}{init}"


def _mems(scope: Scope) -> Iterator[str]:
    module = scope.module
    for index, mem in enumerate(module.mems, len(module.mem_types) - len(module.mems)):
        yield f"memory[{index}] {_externtype(mem.type)[1]}"


def _tags(scope: Scope) -> Iterator[str]:
    module = scope.module
    first = len(module.tag_typeidxs) - len(module.tags)
    for index, tag in enumerate(module.tags, first):
        name = scope.names.tags.get(index)
        words = [f"tag[{index}]", identifier(name) if name is not None else "",
                 _typeidx_text(tag.typeidx, scope)]
        yield " ".join(filter(None, words))


def _globals(scope: Scope) -> Iterator[str]:
    module = scope.module
    for index, item in enumerate(module.globals, len(module.global_types) - len(module.globals)):
        name = scope.names.globals.get(index)
        shown = "" if name is None else f" {identifier(name)}"
        t = _externtype(item.type)[1]
        yield f"global[{index}]{shown} {t} {constexpr_text(item.init, scope)}"


def _exports(scope: Scope) -> Iterator[str]:
    for export in scope.module.exports:
        yield f"{quoted(export.name)} {export.kind}[{export.index}]"


def _start(scope: Scope) -> Iterator[str]:
    if scope.module.start is not None:
        yield f"func[{scope.module.start}]"


def _elems(scope: Scope) -> Iterator[str]:
    for index, elem in enumerate(scope.module.elems):
        place = _place(elem.mode, f"table[{elem.table}]", elem.where, scope)
        yield f"elem[{index}] {valtype_name(elem.type)} {place} count={len(elem.init)}"
        for i, expr in enumerate(elem.init):
            yield f"  [{i}] {constexpr_text(expr, scope)}"


def _datas(scope: Scope) -> Iterator[str]:
    for index, data in enumerate(scope.module.datas):
        place = _place(data.mode, f"memory[{data.memory}]", data.where, scope)
        yield f"data[{index}] {place} start={data.start:06x} size={data.end - data.start}"


def _hints(scope: Scope) -> Iterator[str]:
    try:
        for hint in branch_hints(scope.module):
            yield f"func[{hint.funcidx}] {hint.offset:06x} {'' if hint.likely else 'un'}likely"
    except ModuleError as error:
        yield str(error)


def _place(mode: str, target: str, where: ConstExpr | None, scope: Scope) -> str:
    return mode if where is None else f"{target} {constexpr_text(where, scope)}"


def _limits(limits: Limits, is64: bool) -> str:
    numbers = str(limits.min) if limits.max is None else f"{limits.min} {limits.max}"
    return f"i64 {numbers}" if is64 else numbers


def _externtype(t: ExternType) -> tuple[str, str]:
    """The kind of an external type and what else there is to say."""
    match t:
        case FuncType():
            return "func", functype_text(t)
        case MemType(limits, is64):
            return "memory", _limits(limits, is64)
        case TableType(element, limits, is64):
            return "table", f"{_limits(limits, is64)} {valtype_name(element)}"
        case TagType(functype):
            return "tag", functype_text(functype)
        case GlobalType(valtype, mutable):
            name = valtype_name(valtype)
            return "global", f"(mut {name})" if mutable else name


_PARTS: dict[str, Callable[[Scope], Iterable[str]]] = {
    "Sections": _sections,
    "Types": _types,
    "Imports": _imports,
    "Functions": _functions,
    "Tables": _tables,
    "Memories": _mems,
    "Tags": _tags,
    "Globals": _globals,
    "Exports": _exports,
    "Start": _start,
    "Elements": _elems,
    "Data": _datas,
    "Branch hints": _hints,
}
