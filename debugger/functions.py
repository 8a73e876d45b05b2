"""One instance's functions: names, listings, and which function a byte offset lies in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property, lru_cache
from threading import Event

from debugger import typetext
from debugger.source.demangle import base_name, demangled
from debugger.source.program import Source
from gabagool import FuncType, ModuleError
from gabagool.code.disasm import Line, disassemble
from gabagool.code.operands import valtype_text
from gabagool.isa import ROWS
from gabagool.runtime.compiled import Compiled
from gabagool.types import GlobalType, TableType

_STRUCTURE = {row.mnemonic for row in ROWS if not any(form.steps for form in row.forms)} | {""}


class Code:
    """One instance's functions: names, listings, and which function a byte offset lies in."""

    def __init__(self, compiled: Compiled, source: Source) -> None:
        self.module = compiled.module
        self.source = source
        self.names = compiled.names
        self.imported = len(compiled.module.imported_funcs)
        self._compiled = compiled
        self.listing = lru_cache(maxsize=256)(self._listing)
        self.stops = lru_cache(maxsize=256)(self._stops)
        self._known: dict[int, str] = {}        # names by function, as far as they were asked for

    def _listing(self, funcidx: int) -> tuple[Line, ...]:
        return disassemble(self.module, funcidx, self.names)

    @cached_property
    def _given(self) -> dict[int, str]:
        """Names of functions without regard to their sources."""
        found = {e.index: e.name for e in reversed(self.module.exports) if e.kind == "func"}
        for i, entry in enumerate(self.module.imported_funcs):
            found.setdefault(i, f"{entry.module}.{entry.name}")
        return {**found, **self.names.funcs}

    def name(self, funcidx: int) -> str:
        """A function's name: from the name section, its source, an export, an import, or its
        index. Only the part of the debug info about this function is read."""
        if funcidx not in self._known:
            name = ""
            if not self.names.funcs and funcidx >= self.imported:
                func = self.module.funcs[funcidx - self.imported]
                name = self.source.name_between(func.start, func.end)
            name = name or self._given.get(funcidx, "")
            self._known[funcidx] = demangled(name) if name else f"func{funcidx}"
        return self._known[funcidx]

    @cached_property
    def function_names(self) -> tuple[str, ...]:
        """The name of every function. Where only the sources tell them that may take seconds: see
        `read_names`."""
        return tuple(map(self.name, range(len(self.module.func_typeidxs))))

    def read_names(self, cancel: Event) -> bool:
        """Find out what `function_names` needs. False if cancelled; the next time it goes on."""
        for funcidx in range(len(self.module.func_typeidxs)):
            if cancel.is_set():
                return False
            self.name(funcidx)
        return True

    @cached_property
    def indices(self) -> dict[str, list[int]]:
        """Function indices by every name they have."""
        found: dict[str, list[int]] = {}
        exported = [(e.name, e.index) for e in self.module.exports if e.kind == "func"]
        for name, index in (*((n, i) for i, n in enumerate(self.function_names)), *exported):
            known = found.setdefault(name, [])
            if index not in known:
                known.append(index)
        for index, name in self.names.funcs.items():
            if name not in found:           # as the linker knows it
                found[name] = [index]
        return found

    @cached_property
    def by_base_name(self) -> dict[str, list[int]]:
        """Function indices by qualified names without parameters, and by their last parts."""
        found: dict[str, list[int]] = {}
        for index, name in enumerate(self.function_names):
            short = base_name(name)
            lasts = {short.rpartition("::")[2], short.rpartition("/")[2]}   # C++, AssemblyScript
            for each in {short, *lasts} - {name, ""}:
                found.setdefault(each, []).append(index)
        return found

    @cached_property
    def global_names(self) -> tuple[str, ...]:
        """A name for every global: from the name section, an export, an import, or its index."""
        return self._names("global", GlobalType, self.names.globals, len(self.module.global_types))

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """A name for every table, likewise."""
        return self._names("table", TableType, self.names.tables, len(self.module.table_types))

    def _names(self, kind: str, type_: type, named: Mapping[int, str],
               count: int) -> tuple[str, ...]:
        found = {e.index: e.name for e in reversed(self.module.exports) if e.kind == kind}
        imported = [i for i in self.module.imports if isinstance(i.desc, type_)]
        for i, entry in enumerate(imported):
            found.setdefault(i, f"{entry.module}.{entry.name}")
        found |= named
        return tuple(f"${found[i]}" if i in found else f"{kind}[{i}]" for i in range(count))

    @cached_property
    def _starts(self) -> list[int]:
        return [func.start for func in self.module.funcs]

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The definition of every type, a line each."""
        return tuple(typetext.definitions(self.module, self.names))

    def functype(self, funcidx: int) -> FuncType:
        return self.module.functype(funcidx)

    def signature(self, funcidx: int) -> str:
        """A function's type, with the names of types in it."""
        t = self.functype(funcidx)
        params, results = (" ".join(valtype_text(each, self.names.types) for each in types)
                           for types in (t.params, t.results))
        return f"[{params}] -> [{results}]"

    def first(self, funcidx: int) -> int:
        """Byte offset of a function's first instruction; -1 if it is imported."""
        lines = self.listing(funcidx)
        return lines[0].offset if lines else -1

    def holding(self, offset: int) -> int | None:
        """The function whose body holds a byte offset."""
        at = bisect_right(self._starts, offset) - 1
        if at < 0 or offset >= self.module.funcs[at].end:
            return None
        return self.imported + at

    def _stops(self, funcidx: int) -> dict[int, None]:
        """Offsets of instructions that can execute, as an ordered set, ascending.

        Structure is no step, what follows a branch can't be reached, and nothing of an invalid
        function executes.
        """
        if funcidx < self.imported:
            return {}
        try:
            lowered = self._compiled.lowered(funcidx)
        except ModuleError:
            return {}
        return dict.fromkeys(line.offset for line in self.listing(funcidx)
                             if line.mnemonic not in _STRUCTURE
                             and lowered.position_at(line.offset) is not None)
