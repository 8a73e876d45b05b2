"""The DWARF of a module, through pyelftools: units, entries, line programs; each when needed.

Addresses in the DWARF of a wasm module are offsets from the start of the code section's contents.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarf_expr import DWARFExprOp, DWARFExprParser
from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo
from elftools.dwarf.enums import ENUM_DW_TAG
from elftools.dwarf.locationlists import BaseAddressEntry, LocationEntry
from elftools.dwarf.ranges import BaseAddressEntry as RangeBase

from debugger.source import skim
from debugger.source.faults import DamagedError, Faults
from gabagool.syntax import Module

_CODE = 10
_SECTIONS = ("info", "aranges", "abbrev", "frame", "eh_frame", "str", "loc", "ranges", "line",
             "pubtypes", "pubnames", "addr", "str_offsets", "line_str", "loclists", "rnglists",
             "sup", "gnu_debugaltlink", "types")
_C = {0x01, 0x02, 0x0C, 0x1D, 0x2C}     # DW_LANG_C89, C, C99, C11, C17
_MOST_UNITS = 100_000
_TAGS = {name: number for name, number in ENUM_DW_TAG.items() if isinstance(number, int)}
_TAG_NAMES = {number: name for name, number in _TAGS.items()}

Range = tuple[int, int]


def tag_number(name: str) -> int:
    """The number of `DW_TAG_…`."""
    return int(_TAGS[f"DW_TAG_{name}"])


def tag_name(die: DIE) -> str:
    """`subprogram` for `DW_TAG_subprogram`."""
    return str(die.tag).removeprefix("DW_TAG_")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a line table: from `address` on it is this line. File is a path as recorded."""

    address: int
    file: str
    line: int
    column: int
    stmt: bool
    prologue_end: bool
    end: bool


class Unit:
    """One compilation unit."""

    def __init__(self, dwarf: Dwarf, cu: CompileUnit) -> None:
        self.dwarf = dwarf
        self.cu = cu

    @cached_property
    def top(self) -> DIE:
        return self.cu.get_top_DIE()

    @cached_property
    def name(self) -> str:
        return text(self.top, "name")

    @cached_property
    def folder(self) -> str:
        return text(self.top, "comp_dir")

    @cached_property
    def entries(self) -> list[skim.Entry]:
        """Every entry of the unit, undecoded."""
        return skim.entries(self.dwarf.info, self.dwarf.section("abbrev"), self.extent)

    @cached_property
    def classy(self) -> bool:
        """Whether the language names its records without saying `struct`."""
        return number(self.top, "language") not in _C

    @property
    def extent(self) -> skim.Extent:
        cu = self.cu
        return skim.Extent(cu.cu_die_offset, cu.cu_offset + cu.size, cu["debug_abbrev_offset"],
                           cu.dwarf_format() // 8, cu["address_size"], cu["version"])

    def die(self, offset: int) -> DIE:
        """The entry at an offset of .debug_info, decoded."""
        return self.cu.get_DIE_from_refaddr(offset)

    def ranges(self, die: DIE) -> list[Range]:
        """The code that an entry covers; what the linker has left out is not in it."""
        low, high = die.attributes.get("DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
        if "DW_AT_ranges" in die.attributes:
            found = self._range_list(die)
        elif low is not None and high is not None:
            end = high.value if high.form in ("DW_FORM_addr", "DW_FORM_addrx") \
                else low.value + high.value
            found = [(low.value, end)]
        else:
            return []
        return [(start, end) for start, end in found if 0 < start < end <= self.dwarf.code_size]

    def _range_list(self, die: DIE) -> list[Range]:
        lists = self.dwarf.info_reader.range_lists()
        if lists is None:
            return []
        base = self.top.attributes.get("DW_AT_low_pc")
        at, found = base.value if base is not None else 0, []
        for each in lists.get_range_list_at_offset(die.attributes["DW_AT_ranges"].value, self.cu):
            if isinstance(each, RangeBase):
                at = each.base_address
            else:
                shift = 0 if each.is_absolute else at
                found.append((each.begin_offset + shift, each.end_offset + shift))
        return found

    @cached_property
    def covered(self) -> list[Range]:
        """The code that the unit was compiled to."""
        if {"DW_AT_ranges", "DW_AT_high_pc"} & set(self.top.attributes):
            return self.ranges(self.top)
        return [(rows[0].address, rows[-1].address) for rows in self.sequences]

    # -- lines -------------------------------------------------------------------------------

    @cached_property
    def files(self) -> list[str]:
        """Paths as recorded, by the numbers that the line table and entries use."""
        program = self.dwarf.line_program(self.cu)
        if program is None:
            return []
        folders = [_decoded(each) for each in program.header.get("include_directory", ())]
        if program.header["version"] < 5:
            folders.insert(0, "")
        files = [_joined(self.folder, folders, each) for each in program.header["file_entry"]]
        return files if program.header["version"] >= 5 else ["", *files]

    @cached_property
    def sequences(self) -> list[list[Row]]:
        """The line table in sequences of rising addresses, without those of code that is gone."""
        program = self.dwarf.line_program(self.cu)
        found: list[list[Row]] = []
        rows: list[Row] = []
        if program is None:
            return found
        files = self.files
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            file = files[state.file] if 0 <= state.file < len(files) else ""
            rows.append(Row(state.address, file, state.line, state.column, bool(state.is_stmt),
                            bool(state.prologue_end), bool(state.end_sequence)))
            if state.end_sequence:
                if rows[0].address > 0 and rows[-1].address <= self.dwarf.code_size \
                        and all(a.address <= b.address for a, b in pairwise(rows)):
                    found.append(rows)
                rows = []
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """All rows by address. Code that belongs to no line (0) counts to the line before it."""
        found = [row for rows in self.sequences for row in rows if row.line or row.end]
        return sorted(found, key=lambda row: (row.address, not row.end))

    @cached_property
    def row_addresses(self) -> list[int]:
        return [row.address for row in self.rows]

    # -- locations ---------------------------------------------------------------------------

    def expression(self, die: DIE, attribute: str, address: int) -> list[DWARFExprOp] | None:
        """Where a variable is while execution is at `address`; None where it is nowhere."""
        found = die.attributes.get(f"DW_AT_{attribute}")
        if found is None:
            return None
        if isinstance(found.value, list | bytes):
            return self.parsed(list(found.value))
        lists = self.dwarf.info_reader.location_lists()
        if lists is None:
            return None
        base = self.top.attributes.get("DW_AT_low_pc")
        at = base.value if base is not None else 0
        for each in lists.get_location_list_at_offset(found.value, die):
            if isinstance(each, BaseAddressEntry):
                at = each.base_address
            elif isinstance(each, LocationEntry):
                shift = 0 if each.is_absolute else at
                start, end = each.begin_offset + shift, each.end_offset + shift
                if each.begin_offset == -1 or start <= address < end:
                    return self.parsed(list(each.loc_expr))
        return None

    def parsed(self, expression: list[int]) -> list[DWARFExprOp]:
        return DWARFExprParser(self.cu.structs).parse_expr(expression)

    def indexed_address(self, index: int) -> int:
        """An address of .debug_addr."""
        return int(self.dwarf.info_reader.get_addr(self.cu, index))


class Dwarf:
    """All of a module's DWARF. `Dwarf.of` gives None for a module without."""

    def __init__(self, module: Module, faults: Faults) -> None:
        self._module = module
        self.faults = faults
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
        custom = self._custom.get(f".debug_{name}")
        return b"" if custom is None else self._module.source[custom.start:custom.end]

    @cached_property
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

    def line_program(self, cu: CompileUnit) -> Any:
        """A unit's line program, None if it has none."""
        found = cu.get_top_DIE().attributes.get("DW_AT_stmt_list")
        data = self.section("line")
        if found is None or not data:
            return None
        _check_line_header(data, int(found.value))
        return self.info_reader.line_program_for_CU(cu)


def text(die: DIE, attribute: str) -> str:
    """A string attribute; '' if it isn't there."""
    found = die.attributes.get(f"DW_AT_{attribute}")
    return "" if found is None else _decoded(found.value)


def number(die: DIE, attribute: str, default: int = 0) -> int:
    """A number attribute."""
    found = die.attributes.get(f"DW_AT_{attribute}")
    return found.value if found is not None and isinstance(found.value, int) else default


def _decoded(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _joined(base: str, folders: list[str], entry: Any) -> str:
    """folder/name, relative to where the compiler ran, with / between, also of Windows."""
    name = _decoded(entry.name)
    folder = folders[entry.dir_index] if 0 <= (entry.dir_index or 0) < len(folders) else ""
    path = name
    for part in (folder, base):
        if part and not path.startswith("/") and path[1:3] not in (":\\", ":/"):
            path = f"{part}/{path}"
    while path.startswith("./"):
        path = path[2:]
    return path


def _check_line_header(data: bytes, at: int) -> None:
    """DWARF 5 counts its file names before it lists them: a damaged count would fill memory."""
    if int.from_bytes(data[at + 4:at + 6], "little") < 5:
        return
    at += 12 + 5        # lengths, version, sizes; minimum_instruction_length to line_range
    at += data[at]      # opcode_base, then a length for each standard opcode
    for _list in range(2):      # directories, then files
        formats, at = data[at], at + 1
        forms = []
        for _format in range(formats):
            _, at = skim.leb(data, at)
            form, at = skim.leb(data, at)
            forms.append(form)
        count, at = skim.leb(data, at)
        if count > len(data) or (count and not forms):
            raise DamagedError("a line table counts more files than there is room for")
        at = skim.past_fields(data, at, forms, count)
