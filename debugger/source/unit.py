"""One compilation unit: its entries, lines and the expressions of locations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarf_expr import DWARFExprOp, DWARFExprParser
from elftools.dwarf.locationlists import BaseAddressEntry, LocationEntry
from elftools.dwarf.ranges import BaseAddressEntry as RangeBase

from debugger.source import skim
from debugger.source.entries import number, text
from debugger.source.linetable import LineTable, Row, open_table

if TYPE_CHECKING:
    from debugger.source.dwarf import Dwarf

_C = {0x01, 0x02, 0x0C, 0x1D, 0x2C}     # DW_LANG_C89, C, C99, C11, C17
_RUST = "/@/"           # what rustc writes between a crate's file and the part that a unit is

Range = tuple[int, int]


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
        return text(self.top, "name").partition(_RUST)[0]

    @cached_property
    def of_crate(self) -> bool:
        """Whether it comes from a whole crate of Rust: of more files than it is named after."""
        return _RUST in text(self.top, "name")

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
    def _table(self) -> LineTable | None:
        found, data = self.top.attributes.get("DW_AT_stmt_list"), self.dwarf.section("line")
        if found is None or not data:
            return None
        return open_table(data, int(found.value), self.dwarf.string)

    @cached_property
    def files(self) -> list[str]:
        """Paths as recorded, by the numbers that the line table and entries use."""
        return [] if self._table is None else self._table.paths(self.folder)

    @cached_property
    def sequences(self) -> list[list[Row]]:
        """The line table in sequences of rising addresses, without those of code that is gone."""
        if self._table is None:
            return []
        return list(self._table.sequences(self.files, self.dwarf.code_size))

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
