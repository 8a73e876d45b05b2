"""Hostile use of the command line: random options, scripts and commands end in a message and an
exit code, never in a traceback; with --json every line is an object of the documented shape."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from random import Random

import pytest

from debugger.batch import Script, run_batch
from debugger.main import main
from tests.debugger.soak.lines import Lines
from tests.debugger.soak.settings import SEEDS, count
from tests.debugger.soak.subjects import PROGRAMS, SUBJECTS

_OPTIONS = ("--invoke", "--break", "--source-dir", "--live", "--batch", "-x", "-ex", "--json",
            "--dap-port", "--dir", "--env", "--argv0", "--listen", "--clock", "--seed", "--stdin",
            "--nothing", "-", "--", "--help")
_WORDS = ("", "0", "-1", "99999999999999999999", "stair_climb", "nobody", "20", "é\udc80", "::",
          "=",
          "A=B", ".", "..", "/nowhere/at/all", "fixed:0", "fixed:never", "localhost:99999", "*",
          "step 5", "run", "quit", "help", "x/4xb 0", "if", "a" * 5000, "9" * 5000, "step if 1",
          "127.0.0.1:http", "bad.wasm", "bad.gaba", "script", "binary", str(PROGRAMS))
_PROGRAMS = (str(PROGRAMS / "stair_climb.wasm"), str(PROGRAMS / "corruption.wasm"), "bad.wasm",
             "bad.gaba", "script", "nowhere.wasm", ".")
_FIRST = ["command", "ok", "step", "where", "reason"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place with damaged files of every kind, and no input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("when\nstep 3\n"))
    (tmp_path / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\1\xff")
    (tmp_path / "bad.gaba").write_bytes(b"gabagool\0\1" + bytes(90))
    (tmp_path / "script").write_text("# words\n\nstep 2\nwhen\nbacktrace\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))


@pytest.mark.parametrize("seed", SEEDS)
def test_options(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(f"options {seed}")
    for _ in range(count(80)):
        argv = ["--batch"] * (random.random() < 0.8)
        for _ in range(random.randrange(5)):
            argv += [random.choice(_OPTIONS), random.choice(_WORDS)][:random.choice((1, 2, 2, 2))]
        argv.insert(random.randrange(len(argv) + 1), random.choice(_PROGRAMS))
        if "--dap" in argv or "--dap-port" in argv or "--listen" in argv:
            continue                    # these would wait for somebody
        try:
            code = main(argv)
        except SystemExit as exit_:
            code = exit_.code
        said = capsys.readouterr()
        assert code in (0, 1, 2), argv
        assert "Traceback" not in said.err
        assert code == 0 or said.err.strip(), f"{argv}: {code} without a word"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["corruption", "orders", "expression"])
def test_lines_as_json(name: str, seed: int, tmp_path: Path) -> None:
    """Each line on its own, so that the first that is refused doesn't end it."""
    random = Random(f"json {name} {seed}")
    with SUBJECTS[name].session(tmp_path) as session:
        lines = Lines(random, session, tmp_path)
        for _ in range(count(60)):
            text = lines.line()
            if random.random() < 0.3:
                text = _damaged(random, text)
            if text.split()[:1] in (["run"], ["r"]):
                continue
            out, err = io.StringIO(), io.StringIO()
            code = run_batch(session, [Script("text", text)], as_json=True, out=out, err=err)
            said = out.getvalue()
            if not text.strip() or text.lstrip().startswith("#"):
                assert not said
                continue
            assert said.endswith("\n") and len(said.splitlines()) == 1, text
            found = json.loads(said)
            assert list(found)[:5] == _FIRST and found["ok"] == (code == 0)
            assert ("result" in found) == found["ok"] != ("error" in found)
            assert found["ok"] or (found["error"] and err.getvalue().startswith("gaba-debug: "))


def _damaged(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    return random.choice((text[:at], text[at:], text + text, text[:at] + "\u2028" + text[at:],
                          text[:at] + random.choice("'\"[](){}$#;%\\\t\x1b") + text[at:],
                          text.replace(" ", "  "), text.upper(), text * 40))


def test_a_reader_who_has_gone(capfd: pytest.CaptureFixture[str]) -> None:
    """`gaba-debug … | head -1` ends without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    program = os.fsencode(PROGRAMS / "stair_climb.wasm").decode()
    import subprocess
    import sys
    ran = subprocess.run(
        [sys.executable, "-m", "debugger.main", "--batch", "-ex", "help", "-ex", "help",
         program, "--invoke", "stair_climb", "--", "5"],
        stdout=writer, stderr=subprocess.PIPE, cwd=PROGRAMS.parent, check=False)
    os.close(writer)
    assert b"Traceback" not in ran.stderr
