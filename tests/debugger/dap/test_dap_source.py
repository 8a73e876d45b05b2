"""Source level in an editor: files, lines, variables that open, and changes that branch."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.debugger.dap.client import PROGRAMS, Client

SOURCE = PROGRAMS / "orders" / "orders.c"
RUN = {"invoke": "run", "args": ["3"]}


def line(text: str, file: Path = SOURCE) -> int:
    return 1 + next(i for i, each in enumerate(file.read_text().splitlines()) if text in each)


def set_lines(client: Client, *lines: int, path: Path = SOURCE, **more: object) -> list[Any]:
    return client.ask("setBreakpoints", source={"path": str(path)},
                      breakpoints=[{"line": each, **more} for each in lines])["breakpoints"]


def at(client: Client) -> tuple[str, int]:
    frame = client.frames(levels=1)[0]
    return Path(frame["source"]["path"]).name, frame["line"]


def opened(client: Client, value: dict[str, Any], **more: object) -> dict[str, Any]:
    found = client.ask("variables", variablesReference=value["variablesReference"], **more)
    return {each["name"]: each for each in found["variables"]}


def test_breakpoints_on_lines_of_a_file(client: Client) -> None:
    exact, empty = line("sum += line_total"), line("cents sum = 0;") - 2
    told: list[Any] = []
    client.launch("orders", lambda: told.extend(set_lines(client, exact, empty, 5000)), **RUN)
    assert [(each["verified"], each.get("line")) for each in told] == [
        (True, exact), (True, line("static cents total")), (False, None)]
    assert told[0]["source"] == {"name": "orders.c", "path": str(SOURCE)}
    assert "no code at line 5000" in told[2]["message"]
    assert client.go("continue")["hitBreakpointIds"] == [told[1]["id"]]
    assert client.go("continue")["hitBreakpointIds"] == [told[0]["id"]]
    assert at(client) == ("orders.c", exact)
    set_lines(client)
    client.go("continue")
    assert client.events("exited")


def test_a_file_no_code_comes_from(client: Client, tmp_path: Path) -> None:
    other = tmp_path / "other.c"
    other.write_text("int x;\n")
    client.launch("orders", **RUN)
    [told] = set_lines(client, 1, path=other)
    assert not told["verified"] and "no code of orders.wasm comes from" in told["message"]


def test_a_file_is_known_by_the_end_of_its_path(client: Client) -> None:
    client.launch("orders", **RUN)
    [told] = set_lines(client, line("visited++"), path=Path("/elsewhere/orders/orders.c"))
    assert told["verified"] and told["line"] == line("visited++")


def test_conditions_hit_counts_and_log_messages(client: Client) -> None:
    where = line("double factor")
    client.launch("orders", lambda: set_lines(client, where, condition="order->number == 2"), **RUN)
    client.go("continue")
    assert client.ask("evaluate", expression="order->number",
                      frameId=client.frames()[0]["id"])["result"] == "2"
    set_lines(client, where, logMessage="order {order->number}: {sum}")
    client.go("continue")
    assert "order 3: 1650" in client.output("console")


def test_steps_go_by_line_or_instruction(client: Client) -> None:
    call = line("sum += line_total")
    client.launch("orders", lambda: set_lines(client, call), **RUN)
    client.go("continue")
    set_lines(client)
    here = client.step()
    client.go("next", granularity="instruction")
    assert client.step() == here + 1
    client.go("stepBack", granularity="instruction")
    client.go("next", granularity="statement")
    assert at(client)[1] == line("for (int i = 0; i < 2")
    client.go("stepBack")
    assert (at(client)[1], client.step()) == (call, here)
    client.go("stepIn")
    assert client.frames()[0]["name"] == "line_total"
    client.go("stepOut")
    assert at(client)[1] == call and client.frames()[0]["name"] == "total"
    client.go("gaba/stepBackIn")
    assert client.frames()[0]["name"] == "line_total"


def test_breakpoint_locations_source_and_goto_targets(client: Client) -> None:
    first = line("static cents total")
    client.launch("orders", **RUN)
    found = client.ask("breakpointLocations", source={"path": str(SOURCE)}, line=first - 1,
                       endLine=first + 3)["breakpoints"]
    assert [each["line"] for each in found] == [first, first + 1, first + 2, first + 3]
    assert client.ask("source", sourceReference=0, source={"path": str(SOURCE)})["content"] == \
        SOURCE.read_text()
    assert {"name": "orders.c", "path": str(SOURCE)} in client.ask("loadedSources")["sources"]
    assert client.ask("modules")["modules"][0]["symbolStatus"] == "source level, 1 file"
    client.go("continue")
    targets = client.ask("gotoTargets", source={"path": str(SOURCE)}, line=line("visited++"))
    [target] = targets["targets"]
    assert target["label"].startswith("previous execution") and target["line"] == line("visited++")
    client.ask("goto", threadId=1, targetId=target["id"])
    assert client.until("stopped")["reason"] == "goto" and at(client)[1] == line("visited++")


def test_variables_open_into_members_elements_and_pointers(client: Client) -> None:
    client.launch("orders", lambda: set_lines(client, line("double factor")), **RUN)
    client.go("continue")
    locals_ = client.variables("Locals")
    assert set(locals_) == {"order", "sum", "factor"}
    order = locals_["order"]
    assert (order["type"], order["value"]) == ("const struct order *", "0x4018")
    assert order["memoryReference"] == "0x4018" and order["namedVariables"] == 8
    members = opened(client, order)
    assert members["customer"]["value"] == '"Al"' and members["state"]["value"] == "PAID"
    assert members["items"]["indexedVariables"] == 2
    assert members["items"]["evaluateName"] == "order->items"
    page = opened(client, members["items"], filter="indexed", start=1, count=1)
    assert list(page) == ["[1]"] and opened(client, page["[1]"])["name"]["value"] == '0x4012 "bulb"'
    assert opened(client, members["items"], filter="named") == {}
    deep = opened(client, opened(client, opened(client, members["next"])["next"])["items"])
    assert deep["[0]"]["evaluateName"] == "order->next->next->items[0]"
    frame = client.frames()[0]["id"]
    said = client.ask("evaluate", expression=deep["[0]"]["evaluateName"], frameId=frame,
                      context="watch")
    assert said["value" if "value" in said else "result"] == deep["[0]"]["value"]
    assert opened(client, said)["price"]["value"] == "120"
    assert opened(client, order, format={"hex": True})["number"]["value"] == "0x1"
    assert "$0" in client.variables("Wasm locals")
    assert client.ask("evaluate", expression="$0", frameId=frame)["type"] == "i32"


def test_frames_of_callers_have_their_variables(client: Client) -> None:
    client.launch("orders", lambda: set_lines(client, line("return item->price")), **RUN)
    client.go("continue")
    assert [each["name"] for each in client.frames()] == ["line_total", "total", "run"]
    assert set(client.variables("Locals", 2)) >= {"times", "order", "due"}
    outer = client.variables("Locals", 1)["order"]
    client.variables("Locals", 0)
    assert opened(client, outer)["number"]["evaluateName"] == "order->number"
    frame = client.frames()[2]["id"]
    assert client.ask("evaluate", expression="times", frameId=frame, context="hover")[
        "result"] == "3"
    assert "called 'times'" in client.fault("evaluate", expression="times",
                                            frameId=client.frames()[0]["id"], context="watch")


def test_inlined_frames(client: Client) -> None:
    shapes = PROGRAMS / "shapes" / "shapes.cpp"
    client.launch("shapes", lambda: client.ask("setFunctionBreakpoints",
                                               breakpoints=[{"name": "measure"}]),
                  invoke="run", args=["30"])
    client.go("continue")
    frames = client.frames()
    assert [each["name"] for each in frames][-2:] == ["measure", "run"] and len(frames) == 4
    assert frames[2]["line"] == line("shape.move({1, 2})", shapes)
    assert client.variables("Locals", 2)["limit"]["value"] == "30"
    box = client.ask("evaluate", expression="shape", frameId=frames[2]["id"])
    assert box["type"].endswith("Shape &") and "at" in opened(client, box)
    client.go("stepOut")
    assert [each["name"] for each in client.frames()] == [each["name"] for each in frames[1:]]


def test_setting_a_variable_starts_a_branch(client: Client) -> None:
    where = line("double factor")
    client.launch("orders", lambda: set_lines(client, where), **RUN)
    client.go("continue")
    scopes = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"]
    reference = scopes[0]["variablesReference"]
    found = client.ask("setVariable", variablesReference=reference, name="sum",
                       value="order->items[0].price * 2")
    assert (found["value"], found["type"]) == ("7980", "cents")
    assert client.until("invalidated")["areas"] == ["all"]
    assert "branch b1 at step" in client.output("console")
    order = client.variables("Locals")["order"]
    found = client.ask("setVariable", variablesReference=order["variablesReference"],
                       name="discount", value="0.5")
    assert found["value"] == "0.5"
    frame = client.frames()[0]["id"]
    assert client.ask("setExpression", expression="order->customer", value='"Zoe"',
                      frameId=frame)["value"] == '"Zoe"'
    wasm = next(each for each in client.ask("scopes", frameId=frame)["scopes"]
                if each["name"] == "Globals")["variablesReference"]
    before = client.variables("Globals")["$__stack_pointer"]["value"]
    same = client.ask("setVariable", variablesReference=wasm, name="$__stack_pointer", value=before)
    assert same["value"] == before
    assert "no member 'nothing'" in client.fault("setExpression", expression="order->nothing",
                                                 value="1", frameId=frame)
    assert "can't be assigned" in client.fault("setExpression", expression="order->items",
                                               value="1", frameId=frame)
    set_lines(client)
    client.go("stepOut")
    assert client.variables("Locals")["due"]["value"] in ("0", "3990")


def test_writing_memory(client: Client) -> None:
    client.launch("orders", **RUN)
    client.ask("gaba/seek", step=5)

    def read() -> bytes:
        return base64.b64decode(client.ask("readMemory", memoryReference="0x4018",
                                           count=4)["data"])

    def write(data: bytes, **more: object) -> int:
        return client.ask("writeMemory", memoryReference="0x4018", **more,
                          data=base64.b64encode(data).decode())["bytesWritten"]
    assert read() == b"\x01\0\0\0" and write(b"\x07\xff") == 2
    assert read() == b"\x07\xff\0\0" and write(b"A", offset=3) == 1 and read()[3:] == b"A"
    assert "outside of memory 0" in client.fault("writeMemory", memoryReference="0xffffffff",
                                                 data="AAAA")
    assert client.ask("writeMemory", memoryReference="0xffffffff", data="AAAA",
                      allowPartial=True)["bytesWritten"] == 0
    assert "base64" in client.fault("writeMemory", memoryReference="0x10", data="?")


def test_data_breakpoints_on_variables(client: Client) -> None:
    client.launch("orders", lambda: set_lines(client, line("cents sum = 0;")), **RUN)
    client.go("continue")
    set_lines(client)
    scope = client.ask("scopes", frameId=client.frames()[0]["id"])["scopes"][0]
    local = client.ask("dataBreakpointInfo", name="sum",
                       variablesReference=scope["variablesReference"])
    assert local["description"] == "sum of total" and local["canPersist"] is False
    order = client.variables("Locals")["order"]
    member = client.ask("dataBreakpointInfo", name="number",
                        variablesReference=order["variablesReference"])
    assert (member["dataId"], member["canPersist"]) == ("0x4018, 4", True)
    named = client.ask("dataBreakpointInfo", name="visited", frameId=client.frames()[0]["id"])
    ranged = client.ask("dataBreakpointInfo", name="0x4018", asAddress=True, bytes=16)
    assert ranged["dataId"] == "0x4018, 16"
    told = client.ask("setDataBreakpoints", breakpoints=[
        {"dataId": local["dataId"]}, {"dataId": named["dataId"]}, {"dataId": ranged["dataId"]}])
    assert all(each["verified"] for each in told["breakpoints"])
    seen = [client.go("continue") for _ in range(4)]
    assert [each["reason"] for each in seen] == ["data breakpoint"] * 4
    assert ["sum of total" in each["description"] for each in seen] == [True, True, True, False]
    assert "is gone" in seen[2]["description"] and "visited" in seen[3]["description"]


def test_completions_of_names_and_members(client: Client) -> None:
    client.launch("orders", lambda: set_lines(client, line("double factor")), **RUN)
    client.go("continue")
    frame = client.frames()[0]["id"]

    def labels(text: str) -> list[str]:
        found = client.ask("completions", text=text, column=len(text) + 1, frameId=frame)["targets"]
        return [each["label"] for each in found]
    assert labels("1 + or") == ["order"]
    assert labels("order->n") == ["number", "next"]
    assert labels("order->items[0].") == ["name", "price", "amount"]
    assert labels("nothing->") == []


def test_disassembly_has_lines(client: Client) -> None:
    client.launch("orders", lambda: set_lines(client, line("double factor")), **RUN)
    client.go("continue")
    here = client.frames()[0]["instructionPointerReference"]
    found = client.ask("disassemble", memoryReference=here, instructionCount=3)["instructions"]
    assert found[0]["location"] == {"name": "orders.c", "path": str(SOURCE)}
    assert found[0]["line"] == line("double factor") and "location" not in found[1]


def test_without_its_files_the_disassembly_is_shown(client: Client, tmp_path: Path) -> None:
    module = tmp_path / "orders.wasm"
    module.write_bytes((PROGRAMS / "orders.wasm").read_bytes())
    client.launch(module, lambda: client.ask(
        "setFunctionBreakpoints", breakpoints=[{"name": "total"}]), **RUN)
    client.go("continue")
    frame = client.frames()[0]
    assert frame["source"]["origin"] == "disassembly"
    assert set(client.variables("Locals")) == {"order", "sum", "factor"}
    [told] = set_lines(client, line("double factor"))       # the editor has it open from elsewhere
    assert told["verified"]


def test_source_directories(client: Client, tmp_path: Path) -> None:
    module = tmp_path / "orders.wasm"
    module.write_bytes((PROGRAMS / "orders.wasm").read_bytes())
    client.launch(module, lambda: set_lines(client, line("double factor")),
                  sourceDirs=[str(PROGRAMS)], **RUN)
    client.go("continue")
    assert at(client) == ("orders.c", line("double factor"))


@pytest.mark.parametrize("request_", ["setVariable", "setExpression", "writeMemory"])
def test_changes_need_their_arguments(client: Client, request_: str) -> None:
    client.launch("orders", **RUN)
    assert f"{request_} needs '" in client.fault(request_)
    assert json.dumps(client.events("output")).count("branch") == 0
