"""What a client sees of a stopped program: frames, values, code, breakpoints."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from debugger.session import Session
from tests.debugger.dap.client import PROGRAMS, Body, Client
from tests.debugger.dap.test_dap_moving import CLIMB, module
from tests.debugger.sessions import VECTORS, WALK

TWO_MEMORIES = """(module (memory (data "first")) (memory (data "second"))
  (func (export "_start") (drop (i32.load8_u 1 (i32.const 0)))))"""

OBJECTS = """(module
  (type $point (struct (field $x i32) (field $y i64))) (type $list (array i32))
  (table 3 funcref)
  (func (export "_start") (local $point (ref null $point)) (local $list (ref null $list))
    (local.set $point (struct.new $point (i32.const 3) (i64.const 4)))
    (local.set $list (array.new $list (i32.const 9) (i32.const 500)))
    (nop) (nop)))"""


def test_frames_come_in_pages(client: Client) -> None:
    client.launch("overflow", stopOnEntry=False)
    depth = client.ask("stackTrace", threadId=1, levels=1)["totalFrames"]
    assert depth > 100_000
    first = client.frames(levels=3)
    assert [each["name"] for each in first] == ["path_length"] * 3
    assert client.frames(startFrame=1, levels=2)[0]["line"] == first[1]["line"]
    last = client.frames(startFrame=depth - 2)
    assert [each["name"] for each in last] == ["__original_main", "_start"]


def test_values_of_every_frame(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, WALK), lambda: client.ask(
        "setFunctionBreakpoints", breakpoints=[{"name": "fact"}]), invoke="walk", args=["5"])
    for _ in range(3):
        client.go("continue")
    assert [each["name"] for each in client.frames()] == ["fact", "fact", "fact", "walk"]
    assert [each["name"] for each in client.frames(format={"parameters": True})][:2] == [
        "fact(3)", "fact(4)"]
    values = [client.variables("Locals", level)["$n"]["value"] for level in range(4)]
    assert values == ["3", "4", "5", "5"]
    assert client.variables("Operands", 1) == {"stack(0)": {
        "name": "stack(0)", "value": "4", "type": "i32", "variablesReference": 0,
        "memoryReference": "0x4", "evaluateName": "stack(0)"}}
    assert set(client.variables("Globals")) == {"$calls", "$ratio"}
    assert client.variables("Globals")["$ratio"]["value"] == "0.1"
    frame = client.frames()[2]["id"]
    assert client.ask("evaluate", expression="$n * 2", frameId=frame)["result"] == "10"
    found = client.variables("Locals", 3, format={"hex": True}, start=0, count=1)
    assert [each["value"] for each in found.values()] == ["0x5"]


def test_numbers_of_the_last_stop_are_no_more(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)
    frame = client.frames()[0]["id"]
    scope = client.ask("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    client.go("next")
    client.frames()
    assert client.fault("scopes", frameId=frame) == f"there is no frame {frame} at this stop"
    assert client.fault("variables", variablesReference=scope).endswith("at this stop")
    assert client.fault("evaluate", expression="$0", frameId=frame).endswith("at this stop")


def test_vectors_open_into_views(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, VECTORS), invoke="mix", args=["3"])
    client.ask("gaba/seek", step=2)
    vector = client.variables("Locals")["$x"]
    inside = client.ask("variables", variablesReference=vector["variablesReference"])["variables"]
    views = {each["name"]: each["value"] for each in inside}
    assert views["i16x8"] == "i16x8 1 2 3 4 5 6 7 -8"
    assert {"i8x16", "f32x4", "f64x2"} <= set(views)
    client.ask("evaluate", expression=":lanes i16x8", context="repl")
    assert client.until("invalidated")["areas"] == ["variables"]
    assert client.variables("Locals")["$x"]["value"] == views["i16x8"]


def test_expressions_and_words(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)

    def said(text: str, context: str = "repl") -> str:
        return str(client.ask("evaluate", expression=text, context=context)["result"])
    assert said("$stairs + 1") == "21" and said("$stairs", "hover") == "20"
    assert said(":when") == "step 0 of 0" == said("when")
    assert said(":info locals").startswith("$stairs  i32  20")
    assert "no local or global is called 'when'" in client.fault(
        "evaluate", expression="when", context="watch")
    assert "no command 'jump'" in client.fault("evaluate", expression=":jump", context="repl")
    said(":step 3")
    assert client.until("stopped")["reason"] == "goto" and client.step() == 3
    said(":break stair_climb+0x2")
    told = client.until("breakpoint")
    assert told["reason"] == "new" and told["breakpoint"]["line"] == 3
    said(":delete")
    assert client.until("breakpoint")["reason"] == "removed"
    hexadecimal = client.ask("evaluate", expression="$stairs", format={"hex": True})
    assert (hexadecimal["result"], hexadecimal["type"]) == ("0x14", "i32")
    said(":quit")
    client.until("terminated")


def test_completions(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)

    def labels(text: str) -> list[str]:
        found = client.ask("completions", text=text, column=len(text) + 1)["targets"]
        return [text[:each["start"]] + each["label"] for each in found]
    assert labels(":reverse-f") == [":reverse-finish"]
    assert labels("1 + $st") == ["1 + $stairs"]
    assert labels("") == []


def test_memory_is_read_up_to_its_end(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, TWO_MEMORIES))

    def read(reference: str, count: int, offset: int = 0) -> tuple[bytes, int]:
        told = client.ask("readMemory", memoryReference=reference, count=count, offset=offset)
        return base64.b64decode(told["data"]), told["unreadableBytes"]
    names = client.variables("Memories")
    assert read(names["memory 0"]["memoryReference"], 6) == (b"first\0", 0)
    assert read(names["memory 1"]["memoryReference"], 6) == (b"second", 0)
    assert read("1:0x10", 6, -16) == (b"second", 0)
    assert read("0x0", 70000)[1] == 70000 - 65536
    assert read("0xffffffff", 4) == (b"", 4) and read("0", 4, -1) == (b"", 4)
    assert "no memory 2" in client.fault("readMemory", memoryReference="2:0", count=1)
    assert "no memory reference" in client.fault("readMemory", memoryReference="x", count=1)
    assert "at most" in client.fault("readMemory", memoryReference="0", count=-1)


def whole(session: Session) -> list[tuple[int, str]]:
    """Every instruction of a module, in order."""
    return [(line.offset, line.text) for funcidx in session.instructions.functions
            for line in session.instructions.function(funcidx)]


@pytest.mark.parametrize("at", [0, 1, 40, 200, -1])
@pytest.mark.parametrize("skip", [-10_000, -50, -1, 0, 1, 77, 10_000])
def test_disassembly_pages_over_the_borders_of_functions(client: Client, at: int,
                                                         skip: int) -> None:
    code = whole(Session.open(PROGRAMS / "corruption.wasm"))
    client.launch("corruption")
    at %= len(code)
    lines = client.ask("disassemble", memoryReference=f"{code[at][0]:#x}",
                       instructionOffset=skip, instructionCount=30)["instructions"]
    assert len(lines) == 30
    for i, line in enumerate(lines, at + skip):
        if 0 <= i < len(code):
            assert (int(line["address"], 0), line["instruction"].strip()) == code[i]
        else:
            assert line["presentationHint"] == "invalid"


def test_disassembly_from_inside_an_instruction_and_from_nowhere(client: Client) -> None:
    client.launch("corruption")

    def first(reference: str, **more: int) -> Body:
        return dict(client.ask("disassemble", memoryReference=reference, instructionCount=1,
                               **more)["instructions"][0])
    assert first("0x3f4") == first("0x3f3") == first("0x3f1", offset=2)
    assert first("0x3f3")["instructionBytes"] == "3a 00 00"
    assert first("0x0", instructionOffset=1)["symbol"] == "_start"
    assert first("0xffffff")["presentationHint"] == "invalid"
    assert "is no offset" in client.fault("disassemble", memoryReference="?", instructionCount=1)


def test_the_disassembly_is_a_source(client: Client) -> None:
    client.launch("corruption")
    sources = {each["name"]: each for each in client.ask("loadedSources")["sources"]}
    source = sources["set_owner (func 14)"]
    text = client.ask("source", source=source, sourceReference=source["sourceReference"])["content"]
    by_path = client.ask("source", source={"path": source["path"]}, sourceReference=0)["content"]
    assert text == by_path and text.startswith(";; func[14] set_owner  [i32 i32] -> []")
    client.go("continue")
    client.ask("gaba/lastWrite", address="0x101e0")
    client.until("stopped")
    frame = client.frames()[0]
    assert frame["source"] == source
    assert text.splitlines()[frame["line"] - 1].strip() == "i32.store8"
    assert "no func[5000]" in client.fault("source", sourceReference=5001)
    assert client.ask("modules")["modules"][0]["name"] == "corruption.wasm"


def test_breakpoints_on_lines(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)
    source = {"sourceReference": 1}
    text = client.ask("source", sourceReference=1)["content"].splitlines()
    loop = next(i for i, line in enumerate(text, 1) if line.strip() == "loop")
    possible = client.ask("breakpointLocations", source=source, line=1, endLine=loop + 1)
    assert [each["line"] for each in possible["breakpoints"]] == [
        i for i in range(2, loop + 2) if text[i - 1].split()[0] not in ("loop", "block", "end")]
    points = client.ask("setBreakpoints", source=source,
                        breakpoints=[{"line": loop}, {"line": 10_000}])["breakpoints"]
    assert points[0]["verified"] and points[0]["line"] > loop, "structure is no step"
    assert not points[1]["verified"] and "nothing executes" in points[1]["message"]
    stop = client.go("continue")
    assert stop["reason"] == "breakpoint" and stop["hitBreakpointIds"] == [points[0]["id"]]
    assert client.frames()[0]["line"] == points[0]["line"]
    client.ask("setBreakpoints", source=source, breakpoints=[])
    assert client.go("continue")["reason"] == "exited"


def test_breakpoints_that_cant_be(client: Client) -> None:
    client.launch("corruption")
    [point] = client.ask("setBreakpoints", source={"path": "/src/corruption.c"},
                         breakpoints=[{"line": 3}])["breakpoints"]
    assert not point["verified"] and "no line table for /src/corruption.c" in point["message"]
    points = client.ask("setFunctionBreakpoints", breakpoints=[
        {"name": "set_ownr"}, {"name": "audit", "hitCondition": "three"}, {}])["breakpoints"]
    assert [each["verified"] for each in points] == [False] * 3
    assert "did you mean set_owner" in points[0]["message"]
    points = client.ask("setInstructionBreakpoints", breakpoints=[
        {"instructionReference": "0x3f4"}, {"instructionReference": "0x3f1", "offset": 2},
        {"instructionReference": "?"}])["breakpoints"]
    assert [each["verified"] for each in points] == [False, True, False]
    assert points[1]["instructionReference"] == "0x3f3"
    assert client.go("continue")["reason"] == "instruction breakpoint"


def test_lists_share_breakpoints(client: Client) -> None:
    """The same instruction asked for in two ways is one breakpoint until both have let go."""
    client.launch("corruption")

    def functions(*names: str) -> list[Body]:
        return list(client.ask("setFunctionBreakpoints",
                               breakpoints=[{"name": name} for name in names])["breakpoints"])
    [first] = functions("set_owner")
    reference = first["instructionReference"]
    [same] = client.ask("setInstructionBreakpoints", breakpoints=[
        {"instructionReference": reference}])["breakpoints"]
    assert same["id"] == first["id"]
    functions()
    assert client.go("continue")["reason"] == "instruction breakpoint"
    client.ask("setInstructionBreakpoints", breakpoints=[])
    assert client.go("continue")["reason"] == "exception"


def test_lines_and_columns_as_the_client_counts(client: Client) -> None:
    client.launch("stair_climb", **CLIMB)
    one = client.frames()[0]
    client.ask("initialize", adapterID="gaba", linesStartAt1=False, columnsStartAt1=False)
    zero = client.frames()[0]
    assert (zero["line"], zero["column"]) == (one["line"] - 1, one["column"] - 1)
    [point] = client.ask("setBreakpoints", source=one["source"],
                         breakpoints=[{"line": zero["line"]}])["breakpoints"]
    assert point["line"] == zero["line"]


def test_objects_and_tables_open_in_pages(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, OBJECTS))
    client.ask("gaba/seek", step=8)
    locals_ = client.variables("Locals")
    assert locals_["$point"]["namedVariables"] == 2 and locals_["$list"]["indexedVariables"] == 500

    def inside(value: Body, **more: object) -> dict[str, Body]:
        found = client.ask("variables", variablesReference=value["variablesReference"], **more)
        return {each["name"]: each for each in found["variables"]}
    fields = inside(locals_["$point"])
    assert [(each["value"], each["evaluateName"]) for each in fields.values()] == [
        ("3", "$point.x"), ("4", "$point.y")]
    assert client.ask("evaluate", expression="$point.y")["result"] == "4"
    page = inside(locals_["$list"], filter="indexed", start=498, count=10)
    assert [*page] == ["[498]", "[499]"] and page["[499]"]["value"] == "9"
    assert inside(locals_["$list"], filter="named") == {}
    assert len(inside(locals_["$list"])) == 500
    [table] = client.variables("Tables").values()
    assert table["indexedVariables"] == 3 and len(inside(table)) == 3
    found = client.ask("evaluate", expression="$list[499]")
    assert found["result"] == "9"
