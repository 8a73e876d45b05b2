"""debugger/docs/dap.md and the VS Code extension say what the adapter does."""

from __future__ import annotations

import json
import re
from dataclasses import fields

from debugger.dap.arguments import Arguments
from debugger.dap.catalogue import HANDLERS
from debugger.dap.launching import Launch, parse_launch
from gabagool.wasi.options import WasiOptions
from tests.debugger.dap.client import PROGRAMS, Client

ROOT = PROGRAMS.parent
PAGE = (ROOT / "debugger" / "docs" / "dap.md").read_text()
EXTENSION = json.loads((ROOT / "debugger" / "dap" / "vscode" / "package.json").read_text())
[DEBUGGER] = EXTENSION["contributes"]["debuggers"]


def test_every_request_of_our_own_is_documented() -> None:
    rows = set(re.findall(r"^\| `(gaba/\w+)`", PAGE, re.M))
    assert rows == {name for name in HANDLERS if name.startswith("gaba/")}


def test_every_launch_argument_is_documented() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M))
    ours = set(DEBUGGER["configurationAttributes"]["launch"]["properties"])
    assert rows == ours | {"noDebug"}, "noDebug is VS Code's own"
    given = {"program": "/p.wasm", "args": ["a"], "invoke": "f", "dirs": ["/d"], "env": {"A": "b"},
             "cwd": "/", "argv0": "p", "listen": ["[::1]:1"], "clock": "fixed:0", "seed": 7,
             "stdin": "in.txt", "sourceDirs": ["src"], "stopOnEntry": True, "stopAtEnd": False,
             "noDebug": True}
    assert set(given) == rows - {"recording"}
    recording = parse_launch(Arguments({"recording": "/r.gaba"}, "launch"))
    assert recording.program == "/r.gaba"
    launch = parse_launch(Arguments(given, "launch"))
    assert launch == Launch("/p.wasm", "f", ("a",), WasiOptions(
        ["/d::/d"], ("A=b",), "p", ["[::1]:1"], "fixed:0", 7, "/in.txt"), True, False, False,
        ("/src",))
    ours = len(fields(Launch)) - 1 + len(fields(WasiOptions))
    assert ours == len(rows) - 2, "cwd and recording are in the others"


def test_the_page_s_launch_json_launches(client: Client) -> None:
    text = re.search(r"```json\n(.*?)```", PAGE, re.S)
    assert text is not None
    [configuration] = json.loads(text[1])["configurations"]
    assert configuration["type"] == DEBUGGER["type"]
    assert set(configuration) <= {"type", "request", "name"} | set(
        DEBUGGER["configurationAttributes"]["launch"]["properties"])
    for each in (configuration, *DEBUGGER["initialConfigurations"]):
        here = json.loads(json.dumps(each).replace("${workspaceFolder}", str(PROGRAMS)).replace(
            "prog.wasm", "readfile.wasm").replace("/data::", "/readfile::"))
        launch = parse_launch(Arguments(here, "launch"))
        assert launch.stop_on_entry and launch.program == str(PROGRAMS / "readfile.wasm")
    client.launch("readfile", **{key: here[key] for key in here if key not in ("program",)})
    assert client.frames()[0]["name"] == "_start"


def test_the_extension_starts_the_adapter() -> None:
    assert [DEBUGGER["runtime"], *DEBUGGER["runtimeArgs"]] == ["gaba-debug", "--dap"]
    assert "main" not in EXTENSION, "it has no code"
