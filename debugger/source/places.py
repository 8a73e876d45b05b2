"""The code of a module as its debug info divides it: units, functions, scopes, by byte offset.

All of it is lazy, a unit at a time, and nothing raises because debug info is damaged: what can't
be read is left out, and `notice` says so once.
"""

from __future__ import annotations

from pathlib import Path

from debugger.source import scopes, sourcemap
from debugger.source.dwarf import Dwarf
from debugger.source.faults import Faults
from debugger.source.files import Files
from debugger.source.scopes import Function, Scope
from debugger.source.unit import Unit
from gabagool.syntax import Module


class Places:
    """What is known of the code at an offset, before anything is said of it."""

    def __init__(self, module: Module, path: Path, directories: tuple[str, ...] = ()) -> None:
        self.faults = Faults()
        self._module = module
        self.dwarf = Dwarf.of(module, self.faults)
        self._map = sourcemap.load(module, path, self.faults) if self.dwarf is None else None
        self.files = Files(path.parent, directories, self._map.texts if self._map else None)
        self._functions: dict[int, list[Function]] = {}

    @property
    def there(self) -> bool:
        """Whether the module says anything about its sources."""
        return self.dwarf is not None or self._map is not None

    @property
    def notice(self) -> str:
        """What is wrong with the debug info; '' if nothing has been found."""
        return self.faults.notice

    # -- addresses ---------------------------------------------------------------------------

    def _unit(self, offset: int) -> tuple[Unit, int] | None:
        """The unit of a module offset, and the address that DWARF has for it."""
        if self.dwarf is None:
            return None
        address = offset - self.dwarf.base
        unit = self.dwarf.unit_at(address)
        return None if unit is None else (unit, address)

    def _unit_functions(self, unit: Unit) -> list[Function]:
        key = unit.cu.cu_offset
        if key not in self._functions:
            self._functions[key] = self.faults.attempt(
                f"functions of {unit.name}", lambda: scopes.functions(unit), [])
        return self._functions[key]

    def function(self, offset: int) -> Function | None:
        """The source function that was compiled to the code at an offset."""
        return self.faults.attempt("functions", lambda: self._function(offset), None)

    def _function(self, offset: int) -> Function | None:
        found = self._unit(offset)
        return None if found is None else scopes.function_at(self._unit_functions(found[0]),
                                                             found[1])

    def _chain(self, offset: int) -> list[Scope]:
        """The scopes at an offset, the function outermost."""
        function = self._function(offset)
        return [] if function is None or self.dwarf is None else function.scope.chain(
            offset - self.dwarf.base)

    def _mentions(self, name: bytes) -> bool:
        """Whether a name occurs at all: spares looking through every unit for one that doesn't."""
        assert self.dwarf is not None
        return any(name + b"\0" in self.dwarf.section(each) for each in ("str", "info"))

    def inlined_scope(self, offset: int, out: int = 0) -> Scope | None:
        """What is inlined at an offset, `out` inlined calls further out than the innermost; None
        where that is the function itself."""
        none: list[Scope] = []
        chain = self.faults.attempt("scopes", lambda: self._chain(offset), none)
        calls = [scope for scope in chain if scope.inlined]
        return calls[-1 - out] if out < len(calls) else None

    def holds(self, scope: Scope, offset: int) -> bool:
        """Whether the code at an offset belongs to a scope."""
        return self.dwarf is not None and scope.holds(offset - self.dwarf.base)
