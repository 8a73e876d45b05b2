"""Units of the source level: lines, scopes, types, locations, names, source maps, files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from elftools.dwarf.dwarf_expr import DWARFExprOp, DWARFExprParser
from elftools.dwarf.structs import DWARFStructs
from hypothesis import given
from hypothesis import strategies as st

from debugger.source import kinds, skim
from debugger.source.demangle import base_name, demangled
from debugger.source.faults import DamagedError, Faults
from debugger.source.files import Files
from debugger.source.held import Held
from debugger.source.linetable import Row, open_table
from debugger.source.locations import NowhereError, Place, locate
from debugger.source.program import Source
from debugger.source.sourcemap import SourceMap, _vlq
from debugger.source.values import Shower
from gabagool.binary.sections import decode
from tests.debugger.sessions import PROGRAMS


def _source(name: str) -> Source:
    path = PROGRAMS / f"{name}.wasm"
    return Source(decode(path.read_bytes()), path)


# -- names -------------------------------------------------------------------------------------

@pytest.mark.parametrize(("symbol", "readable", "short"), [
    ("_ZN8geometry5Point4moveEi", "geometry::Point::move(int)", "geometry::Point::move"),
    ("_Z3maxIiET_S0_S0_", "int max<int>(int, int)", "max"),
    ("_ZN3fooIcE3barEv", "foo<char>::bar()", "foo<char>::bar"),
    ("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt",
     "core::fmt::Write::write_fmt"),
    ("_RNvCs1234_7mycrate3foo", "mycrate::foo", "mycrate::foo"),
    ("_RNvMs_Cs4Cv8Wi1oAIB_7mycrateNtB4_3Foo3bar", "<mycrate::Foo>::bar", "<mycrate::Foo>::bar"),
    ("_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>", "std::mem::align_of"),
    ("main", "main", "main"),
    ("_Znot mangled", "_Znot mangled", "_Znot mangled"),
])
def test_demangling(symbol: str, readable: str, short: str) -> None:
    assert demangled(symbol) == readable
    assert base_name(readable) == short


@given(st.text(max_size=60), st.sampled_from(["_Z", "_R", "_ZN", "", "_RNv", "__Z"]))
def test_any_text_can_be_demangled(text: str, start: str) -> None:
    assert isinstance(base_name(demangled(start + text)), str)


# -- lines, functions --------------------------------------------------------------------------

def test_every_line_entry_leads_back_to_its_line() -> None:
    for name in ("orders", "shapes"):
        source = _source(name)
        assert source.dwarf is not None
        for unit in source.dwarf.units:
            for row in unit.rows:
                if not row.end:
                    lines = source.lines(row.address + source.dwarf.base)
                    later = [each for each in unit.rows if each.address == row.address]
                    assert (lines[0].file, lines[0].line) == (later[-1].file, later[-1].line)
        assert source.notice == ""


def test_line_tables_are_those_that_the_library_reads() -> None:
    for name in ("orders", "shapes"):
        dwarf = _source(name).dwarf
        assert dwarf is not None
        for unit in dwarf.units:
            program = dwarf.info_reader.line_program_for_CU(unit.cu)
            states = [entry.state for entry in program.get_entries() if entry.state is not None]
            wanted = [Row(each.address, unit.files[each.file], each.line, each.column,
                          bool(each.is_stmt) or each.end_sequence, bool(each.prologue_end),
                          bool(each.end_sequence)) for each in states]
            found = [row._replace(stmt=row.stmt or row.end) for rows in unit.sequences
                     for row in rows]
            assert found and set(found) <= set(wanted)
            assert [row for row in wanted if row in set(found)] == found


@given(st.binary(max_size=120), st.integers(2, 5))
def test_any_line_table_ends(body: bytes, version: int) -> None:
    data = (len(body) + 2).to_bytes(4, "little") + version.to_bytes(2, "little") + body
    try:
        table = open_table(data, 0, lambda _name, _at: b"text")
        rows = [row for rows in table.sequences(table.paths("/"), 1000) for row in rows]
    except (DamagedError, IndexError, ValueError):
        return
    assert len(rows) <= len(data)


def test_units_of_both_versions() -> None:
    versions = set()
    for name in ("orders", "shapes"):
        dwarf = _source(name).dwarf
        assert dwarf is not None
        versions |= {unit.cu["version"] for unit in dwarf.units}
    assert versions == {4, 5}


def test_skimming_finds_the_entries_that_the_library_finds() -> None:
    for name in ("orders", "shapes"):
        dwarf = _source(name).dwarf
        assert dwarf is not None
        for unit in dwarf.units:
            wanted = [die.offset for die in unit.cu.iter_DIEs() if not die.is_null()]
            assert [entry.offset for entry in unit.entries] == wanted


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_skimming_anything_ends(info: bytes, abbrev: bytes) -> None:
    try:
        found = skim.entries(info, abbrev, skim.Extent(0, len(info), 0, 4, 4, 4))
    except (DamagedError, IndexError, ValueError):
        return
    assert len(found) <= len(info)


# -- locations ---------------------------------------------------------------------------------

class _Frame:
    """Locals 10, 11, …; globals 100, 101, …; operands 7, 8; memory whose bytes are addresses."""

    def local(self, index: int) -> int | None:
        return 10 + index if index < 4 else None

    def global_(self, index: int) -> int | None:
        return 100 + index if index < 2 else None

    def operand(self, index: int) -> int | None:
        return 7 + index if index < 2 else None

    def read(self, address: int, size: int) -> bytes:
        return bytes((address + i) & 0xFF for i in range(size))


_STRUCTS = DWARFStructs(little_endian=True, dwarf_format=32, address_size=4, dwarf_version=4)


def _ops(*data: int) -> Sequence[DWARFExprOp]:
    return DWARFExprParser(_STRUCTS).parse_expr(list(data))


def _value(number: int) -> Place:
    return Place(None, number.to_bytes(8, "little"))


@pytest.mark.parametrize(("expression", "base", "place"), [
    ((0xED, 0, 2), None, _value(12)),                           # a local, like a register
    ((0xED, 0, 2, 0x9F), None, _value(12)),                     # a local as a value
    ((0xED, 1, 1, 0x9F), None, _value(101)),                    # a global
    ((0xED, 3, 1, 0, 0, 0, 0x9F), None, _value(101)),           # a global, relocatable
    ((0xED, 2, 1, 0x9F), None, _value(8)),                      # an operand
    ((0x03, 0x40, 0, 0, 0), None, Place(0x40)),                 # addr
    ((0x91, 0x08), (0xED, 0, 0, 0x9F), Place(18)),              # fbreg 8 from a local
    ((0x91, 0x7C), (0xED, 0, 0, 0x9F), Place(6)),               # fbreg -4
    ((0xED, 0, 0, 0x23, 5), None, Place(15)),                   # plus_uconst: memory
    ((0x10, 6, 0x10, 3, 0x1E, 0x9F), None, _value(18)),         # constu, mul
    ((0x11, 0x7F, 0x9F), None, _value((1 << 64) - 1)),          # consts -1
    ((0x08, 0x20, 0x06, 0x9F), None, _value(0x23222120)),       # deref
    ((0x9E, 2, 5, 6), None, Place(None, b"\5\6")),              # implicit_value
    ((0xED, 0, 1, 0x93, 4, 0xED, 0, 2, 0x93, 4), None,
     Place(None, b"\x0b\0\0\0\x0c\0\0\0")),                     # two pieces
])
def test_locations(expression: tuple[int, ...], base: tuple[int, ...] | None, place: Place) -> None:
    base_ops = None if base is None else _ops(*base)
    assert locate(SimpleNamespace(), _ops(*expression), _Frame(), base_ops) == place  # type: ignore[arg-type]


@pytest.mark.parametrize(("expression", "error"), [
    ((0xED, 0, 9), NowhereError), ((0x91, 4), NowhereError), ((0x1E,), DamagedError),
    ((0x9C,), NowhereError), ((0x93, 4), NowhereError), ((0x08, 1, 0x08, 0, 0x1D), NowhereError),
])
def test_locations_that_are_nowhere(expression: tuple[int, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        locate(SimpleNamespace(), _ops(*expression), _Frame(), None)    # type: ignore[arg-type]


# -- values ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("type_", "data", "text"), [
    (kinds.INT, b"\xff\xff\xff\xff", "-1"),
    (kinds.UNSIGNED, b"\xff\xff\xff\xff", "4294967295"),
    (kinds.BOOL, b"\1", "true"),
    (kinds.CHAR, b"\n", "10 '\\012'"),
    (kinds.DOUBLE, b"\0\0\0\0\0\0\xf8\x3f", "1.5"),
    (kinds.Type("base", "float", 4, "float"), b"\xcd\xcc\xcc\x3d", "0.1"),
    (kinds.Type("base", "long double", 16, "float"), bytes(14) + b"\xff\x3f", "1"),
    (kinds.pointer_to(kinds.INT), b"\x40\0\0\0", "0x40"),
    (kinds.pointer_to(kinds.VOID), bytes(4), "0x0"),
])
def test_scalars(type_: kinds.Type, data: bytes, text: str) -> None:
    assert Shower(_Frame().read).show(Held(type_, None, data)) == text


def test_a_type_that_goes_in_circles_has_a_name() -> None:
    type_ = kinds.pointer_to(kinds.INT)
    for _ in range(200):
        type_ = kinds.pointer_to(type_)
    assert "…" in kinds.spelled(type_)


# -- source maps -------------------------------------------------------------------------------

def test_vlq() -> None:
    assert _vlq("AAgBC") == [0, 0, 16, 1]
    assert _vlq("D") == [-1]
    with pytest.raises(DamagedError):
        _vlq("!")


def test_a_source_map() -> None:
    found = SourceMap(json.dumps({
        "version": 3, "sources": ["a.ts", "b.ts"], "sourceRoot": "src",
        "sourcesContent": ["one\ntwo\n", None], "names": [],
        "mappings": "oBAAA,EACC,EACA"}).encode())
    assert [(row.address, row.file, row.line) for row in found.rows] == [
        (20, "src/a.ts", 1), (22, "src/a.ts", 2), (24, "src/a.ts", 3)]
    assert found.texts == {"src/a.ts": "one\ntwo\n"}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 2}', b"\xff",
                                     b'{"version":3,"mappings":"AZZZ","sources":[]}'])
def test_damaged_source_maps(content: bytes) -> None:
    faults = Faults()
    assert faults.attempt("source map", lambda: SourceMap(content), None) is None
    assert "the debug info is damaged (source map" in faults.notice


# -- files -------------------------------------------------------------------------------------

def test_where_files_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "deep" / "src").mkdir(parents=True)
    (tmp_path / "deep" / "src" / "a.c").write_text("int a;\n")
    files = Files(tmp_path)
    assert files.text("/build/project/src/a.c") is None
    files.add(str(tmp_path / "deep"))
    found = files.text("/build/project/src/a.c")
    assert found is not None and found.lines == ("int a;",)
    assert files.text("C:\\build\\src\\a.c") is not None
    assert files.text("../../a.h") is None
    assert "--source-dir" in files.missing("a.h")
