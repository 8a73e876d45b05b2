"""The DWARF of a module, through pyelftools: units, entries, locations; each when needed.

Addresses in the DWARF of a wasm module are offsets from the start of the code section's contents.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo

from debugger.source.entries import number, tag_name
from debugger.source.faults import DamagedError, Faults
from debugger.source.unit import Unit
from gabagool.syntax import Module

_CODE = 10
_SECTIONS = ("info", "aranges", "abbrev", "frame", "eh_frame", "str", "loc", "ranges", "line",
             "pubtypes", "pubnames", "addr", "str_offsets", "line_str", "loclists", "rnglists",
             "sup", "gnu_debugaltlink", "types")
_MOST_UNITS = 100_000


class Dwarf:
    """All of a module's DWARF. `Dwarf.of` gives None for a module without."""

    def __init__(self, module: Module, faults: Faults) -> None:
        self._module = module
        self.faults = faults
        self._contents: dict[str, bytes] = {}
        self._custom = {custom.name: custom for custom in module.customs}
        code = next((section for section in module.sections if section.id == _CODE), None)
        self.base = code.start if code else 0
        self.code_size = code.end - code.start if code else 0

    @classmethod
    def of(cls, module: Module, faults: Faults) -> Dwarf | None:
        names = {custom.name for custom in module.customs}
        return cls(module, faults) if {".debug_info", ".debug_abbrev"} <= names else None

    def section(self, name: str) -> bytes:
        """The contents of .debug_NAME; empty if there is none."""
        if name not in self._contents:
            custom = self._custom.get(f".debug_{name}")
            self._contents[name] = b"" if custom is None else bytes(
                self._module.source[custom.start:custom.end])
        return self._contents[name]

    def string(self, name: str, at: int) -> bytes:
        """The text at an offset of .debug_NAME."""
        data = self.section(name)
        return data[at:data.index(0, at)]

    @property
    def info(self) -> bytes:
        return self.section("info")

    @cached_property
    def info_reader(self) -> DWARFInfo:
        found = [self._descriptor(name) for name in _SECTIONS]
        config = DwarfConfig(little_endian=True, machine_arch="wasm", default_address_size=4)
        return DWARFInfo(config, *found)

    def _descriptor(self, name: str) -> DebugSectionDescriptor | None:
        data = self.section(name)
        return DebugSectionDescriptor(io.BytesIO(data), f".debug_{name}", None, len(data), 0) \
            if data else None

    @cached_property
    def units(self) -> list[Unit]:
        """Every unit that can be read, in order."""
        return list(self._iter_units())

    def _iter_units(self) -> Iterator[Unit]:
        with self.faults.guard(".debug_info"):
            at = -1
            for count, cu in enumerate(self.info_reader.iter_CUs()):
                if cu.cu_offset <= at or count >= _MOST_UNITS:
                    raise DamagedError("units overlap")
                at = cu.cu_offset
                yield Unit(self, cu)

    @cached_property
    def _index(self) -> tuple[list[int], list[tuple[int, Unit]]]:
        covered: list[tuple[int, int, Unit]] = []
        for unit in self.units:
            with self.faults.guard(f"unit at {unit.cu.cu_offset:#x}"):
                covered += [(start, end, unit) for start, end in unit.covered]
        covered.sort(key=lambda each: each[:2])
        return [start for start, _, _ in covered], [(end, unit) for _, end, unit in covered]

    def unit_at(self, address: int) -> Unit | None:
        """The unit that the code at an address comes from."""
        starts, ends = self._index
        at = bisect_right(starts, address) - 1
        if at < 0:
            return None
        end, unit = ends[at]
        return unit if address < end else None

    def unit_of(self, offset: int) -> Unit | None:
        """The unit whose entries an offset of .debug_info lies in."""
        at = bisect_right(self._unit_offsets, offset) - 1
        return self.units[at] if at >= 0 else None

    @cached_property
    def _unit_offsets(self) -> list[int]:
        return [unit.cu.cu_offset for unit in self.units]

    def record_named(self, word: str, name: str) -> tuple[Unit, DIE] | None:
        """The definition of a record that a unit only declares, where .debug_pubtypes tells."""
        found = self._public_types.get(name)
        unit = None if found is None else self.unit_of(found)
        if unit is None or found is None:
            return None
        die = unit.die(found)
        return (unit, die) if number(die, "byte_size") and tag_name(die).startswith(word) else None

    @cached_property
    def _public_types(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with self.faults.guard(".debug_pubtypes"):
            for name, entry in (self.info_reader.get_pubtypes() or {}).items():
                found[name] = entry.die_ofs
        return found
