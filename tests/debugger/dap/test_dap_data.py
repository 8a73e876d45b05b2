"""Data breakpoints, conditions, hit counts, log messages, thrown exceptions."""

from __future__ import annotations

from pathlib import Path

from debugger.session import Session
from tests.debugger.dap.client import PROGRAMS, Body, Client
from tests.debugger.dap.test_dap_moving import module
from tests.debugger.sessions import WALK


def watch(client: Client, *ids: str, **more: object) -> list[Body]:
    return list(client.ask("setDataBreakpoints", breakpoints=[
        {"dataId": each, "accessType": "write"} | more for each in ids])["breakpoints"])


def test_memory_is_watched_forwards_and_backwards(client: Client) -> None:
    client.launch("corruption")
    info = client.ask("dataBreakpointInfo", name="0x101e0", asAddress=True, bytes=4)
    assert info["accessTypes"] == ["read", "write", "readWrite"] and info["canPersist"]
    [point] = watch(client, info["dataId"])
    session = Session.open(PROGRAMS / "corruption.wasm")
    session.add_watch("0x101e0, 4")
    for command, motion in [("continue", session.cont)] * 2 + [
            ("reverseContinue", session.cont_back)]:
        stop, arrival = client.go(command), motion()
        assert (stop["reason"], stop["hitBreakpointIds"]) == ("data breakpoint", [point["id"]])
        assert client.step() == arrival.step and "→" in stop["description"]
    assert watch(client) == []
    assert client.go("continue")["reason"] == "exception"


def test_reads_are_watched(client: Client) -> None:
    client.launch("corruption")
    [point] = watch(client, "0x101e0, 4", accessType="read")
    stop = client.go("continue")
    assert stop["hitBreakpointIds"] == [point["id"]] and client.step() == 3_283_261
    assert "read 99840" in stop["description"]
    watch(client, "0x101e0, 4", accessType="readWrite")
    client.go("reverseContinue")
    assert client.step() == 96_758
    [wrong] = watch(client, "0x101e0, 4", accessType="smell")
    assert not wrong["verified"] and "an access is one of" in wrong["message"]


def test_a_local_and_a_global_are_watched(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, WALK), invoke="walk", args=["5"])
    frame = client.frames()[0]["id"]
    scopes = {each["name"]: each["variablesReference"]
              for each in client.ask("scopes", frameId=frame)["scopes"]}
    local = client.ask("dataBreakpointInfo", name="$sum", variablesReference=scopes["Locals"])
    assert local["description"] == "$sum of walk" and not local["canPersist"]
    calls = client.ask("dataBreakpointInfo", name="$calls", variablesReference=scopes["Globals"])
    nothing = client.ask("dataBreakpointInfo", name="step", variablesReference=scopes["Time"])
    assert nothing["dataId"] is None and "only these and memory" in nothing["description"]
    assert client.ask("dataBreakpointInfo", name="nobody")["dataId"] is None
    first, second = watch(client, local["dataId"], calls["dataId"])
    assert client.go("continue")["hitBreakpointIds"] == [first["id"]], "120, by fact"
    again = watch(client, local["dataId"], calls["dataId"])
    assert [each["id"] for each in again] == [first["id"], second["id"]], "they are kept"
    assert client.go("continue")["hitBreakpointIds"] == [second["id"]]
    watch(client)
    [late] = watch(client, local["dataId"])
    assert not late["verified"] and "the program has moved since" in late["message"]
    [constant] = watch(client, "$ratio")
    assert not constant["verified"] and "constant" in constant["message"]


def functions(client: Client, **point: object) -> Body:
    return dict(client.ask("setFunctionBreakpoints",
                           breakpoints=[{"name": "fact", **point}])["breakpoints"][0])


def test_conditions_and_hit_counts(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, WALK), invoke="walk", args=["5"])
    first = functions(client, condition="$n == 2")
    assert functions(client, condition="$n == 2")["id"] == first["id"], "the same again"
    assert client.go("continue")["hitBreakpointIds"] == [first["id"]]
    assert client.variables("Locals")["$n"]["value"] == "2"
    client.go("reverseContinue")
    assert client.step() == 0
    functions(client, hitCondition="3")
    client.go("continue")
    assert client.variables("Locals")["$n"]["value"] == "3", "5, 4, 3"
    for wrong, complaint in [({"condition": "$n =="}, ""), ({"condition": "$q > 1"}, "'$q'"),
                             ({"hitCondition": "often"}, "is not a hit count"),
                             ({"hitCondition": "2", "logMessage": "x"}, "no hit count")]:
        point = functions(client, **wrong)
        assert not point["verified"] and complaint in point["message"]


def test_log_messages(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, WALK), invoke="walk", args=["3"])
    functions(client, logMessage='fact of "{$n}"', condition="$n > 1")
    assert client.go("continue")["reason"] == "exited"
    assert client.output("console") == '6  fact of "3"\n15  fact of "2"\n', "with their steps"


def test_every_throw_can_stop(client: Client) -> None:
    def filters(*names: str) -> None:
        client.ask("setExceptionBreakpoints", filters=list(names))
    client.launch("exceptions", lambda: filters("throw", "trap"))
    stop = client.go("continue")
    assert stop["reason"] == "exception"
    info = client.ask("exceptionInfo", threadId=1)
    assert (info["exceptionId"], info["breakMode"]) == ("throw", "always")
    assert client.go("continue")["reason"] == "exception"
    filters("trap")
    assert client.go("continue")["reason"] == "exited"


def test_breakpoints_by_a_glob(client: Client, tmp_path: Path) -> None:
    client.launch(module(tmp_path, WALK), invoke="walk", args=["2"])
    [point] = client.ask("setFunctionBreakpoints", breakpoints=[{"name": "*a*"}])["breakpoints"]
    assert point["verified"] and "line" not in point
    assert client.go("continue")["hitBreakpointIds"] == [point["id"]]
