"""Batch mode and the command line, end to end on the programs of the repository."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from sessions import PROGRAMS, WALK, assembled

from debugger.main import main
from debugger.session import Session


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROGRAMS)


def batch(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a successful batch run prints."""
    assert main(["--batch", *words]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def fault(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The complaint of a run that can't start: one on stderr, nothing on stdout."""
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("gaba-debug: ")
    assert "Traceback" not in printed.err
    return printed.err


def test_one_block_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    out = batch(capsys, "stair_climb.wasm", "--invoke", "stair_climb", "-ex", "step 3",
                "-ex", "info locals", "-ex", "continue", "--", "20")
    assert out == """\
(gaba) step 3
step 3
func[0] stair_climb+0xa  0x36  i32.const 0

(gaba) info locals
$stairs  i32  20
$ways    i32  1
$below   i32  0
$next    i32  0

(gaba) continue
end of recording: finished, result 10946

"""


def test_scripts_run_in_the_order_given(capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script"
    script.write_text("# a comment\n\nwhen\n   step 2\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("step 3\nwhen\nquit\nnever reached\n"))
    out = batch(capsys, "fib.wasm", "--invoke", "fib", "-ex", "step", "-x", str(script), "-x", "-",
                "-ex", "nor this", "20")
    assert [line for line in out.splitlines() if line.startswith(("(", "step"))] == [
        "(gaba) step", "step 1", "(gaba) when", "step 1 of 1", "(gaba)    step 2", "step 3",
        "(gaba) step 3", "step 6", "(gaba) when", "step 6 of 6", "(gaba) quit"]


def test_commands_come_from_standard_input_by_default(capsys: pytest.CaptureFixture[str],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("when\n"))
    assert "step 0 of 0" in batch(capsys, "hello.wasm")


def test_json_has_one_object_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--batch", "--json", "oob.wasm", "-ex", "c", "-ex", "bt", "-ex", "rs",
                 "-ex", "info locals", "-ex", "nonsense", "-ex", "when"]) == 1
    printed = capsys.readouterr()
    objects = [json.loads(line) for line in printed.out.splitlines()]
    assert [o["command"] for o in objects] == ["c", "bt", "rs", "info locals", "nonsense"]
    assert [o["ok"] for o in objects] == [True] * 4 + [False]
    assert [o["reason"] for o in objects] == ["trap", None, "step", None, None]
    assert objects[0]["where"] == "func[15] repeat+0xd"
    assert [f["name"] for f in objects[1]["result"]["frames"]] == [
        "repeat", "unpack", "__original_main", "_start"]
    assert objects[2]["step"] == objects[0]["step"] - 1
    assert objects[3]["result"]["locals"][0] == {
        "name": "$0", "type": "i32", "text": "131072 0x20000", "bits": 131072, "before": None,
        "mutable": True}
    assert objects[4]["error"].startswith("no command 'nonsense'")
    assert all(list(o)[:5] == ["command", "ok", "step", "where", "reason"] for o in objects)


def test_a_command_error_names_its_line(capsys: pytest.CaptureFixture[str],
                                        tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("step\nbreak nowhere\nstep\n")
    assert main(["--batch", "hello.wasm", "-x", str(script)]) == 1
    printed = capsys.readouterr()
    assert printed.err == f"gaba-debug: {script}:2: no function 'nowhere'\n"
    assert printed.out.endswith("(gaba) break nowhere\nerror: no function 'nowhere'\n\n")


def test_the_bug_of_corruption_is_found_backwards(capsys: pytest.CaptureFixture[str]) -> None:
    """The story of programs/corruption: from the trap back to the step that broke the byte."""
    out = batch(capsys, "corruption.wasm", "-ex", "continue", "-ex", "x/2xb 0x101e0",
                "-ex", "break *0x3f3", "-ex", "goto 96759", "-ex", "x/2xb 0x101e0",
                "-ex", "rc", "-ex", "when", "-ex", "bt", "-ex", "x/2xb 0x101e0", "-ex", "s",
                "-ex", "x/2xb 0x101e0", "-ex", "output")
    assert "trap unreachable\nfunc[13] audit+0xba" in out
    assert "step 96,758 of 3,535,899" in out
    assert "#0  set_owner(" in out and "#1  rename_customers(" in out
    values = [line for line in out.splitlines() if line.startswith("0x000101e0")]
    assert values == ["0x000101e0:\t0x00\t0x86"] * 2 + [
        "0x000101e0:\t0xa0\t0x86", "0x000101e0:\t0x00\t0x86"]
    assert out.endswith("day 1: 400 transfers in the journal\nday 2: 800 transfers in the "
                        "journal\n\n")


def test_deep_recursion(capsys: pytest.CaptureFixture[str]) -> None:
    out = batch(capsys, "overflow.wasm", "-ex", "c", "-ex", "bt 2", "-ex", "up 150000",
                "-ex", "reverse-finish", "-ex", "rc")
    assert "trap call stack exhausted" in out
    assert "more frames" in out and "*#150000  path_length(" in out


def test_directories_arguments_and_environment(capsys: pytest.CaptureFixture[str],
                                               tmp_path: Path) -> None:
    out = batch(capsys, "readfile.wasm", "--dir", "readfile", "-ex", "c", "-ex", "output",
                "--", "readfile/sample.txt")
    assert "finished" in out or "exit code 0" in out
    assert len(out.splitlines()) > 5


def test_breakpoints_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    out = batch(capsys, "fib.wasm", "--invoke", "fib", "--break", "0", "--break", "fib+0x2",
                "-ex", "info b", "-ex", "c", "20")
    assert out.count("func[0] fib") == 3
    assert "no function 'fob'; did you mean fib" in fault(
        capsys, "--batch", "fib.wasm", "--invoke", "fib", "--break", "fob", "20")


@pytest.mark.parametrize(("words", "complaint"), [
    (["missing.wasm"], "can't read missing.wasm: No such file"),
    (["fib"], "can't read fib: Is a directory"),
    (["build.py"], "build.py is not a valid module"),
    (["fib.wasm"], "fib.wasm has no _start, so say what to run with --invoke NAME; exported "
                   "functions:\n  fib  [i32] -> [i32]"),
    (["fib.wasm", "--invoke", "fub", "1"], "'fub' is not exported; exported functions:\n  fib"),
    (["fib.wasm", "--invoke", "fib"], "'fib' takes 1 argument (i32), not 0"),
    (["fib.wasm", "--invoke", "fib", "x"], "argument 1 of 'fib': 'x' is not an i32"),
    (["fib.wasm", "--invoke", "fib", "4294967296"], "out of range for i32"),
    (["hello.wasm", "--dir", "nowhere"], "nowhere is not a directory"),
    (["hello.wasm", "--env", "novalue"], "no such variable to hand on"),
    (["hello.wasm", "-x", "missing"], "can't read missing: No such file"),
])
def test_faults_of_the_command_line(capsys: pytest.CaptureFixture[str], words: list[str],
                                    complaint: str) -> None:
    assert complaint in fault(capsys, "--batch", *words)


@pytest.mark.parametrize("number", ["-2147483648", "4294967295", "0xffffffff", "-0x1", "1_000"])
def test_integers_are_taken_in_every_notation(capsys: pytest.CaptureFixture[str],
                                              number: str) -> None:
    out = batch(capsys, "fib.wasm", "--invoke", "fib", "-ex", "info locals", "--", number)
    assert f"{(int(number, 0) + (1 << 31)) % (1 << 32) - (1 << 31)}" in out


def test_missing_imports_are_all_named(capsys: pytest.CaptureFixture[str],
                                       tmp_path: Path) -> None:
    path = tmp_path / "needy.wasm"
    path.write_bytes(assembled("""(module (import "a" "x" (func)) (import "b" "y" (memory 1))
                                   (func (export "_start")))"""))
    assert "imports what nobody provides:\n  a.x\n  b.y" in fault(capsys, "--batch", str(path))


@pytest.mark.parametrize(("body", "complaint"), [
    ("(func $s unreachable) (start $s)", "the start function trapped: unreachable"),
    ("(memory 1) (data (i32.const 65536) \"x\")", "out of bounds memory access"),
])
def test_faults_before_the_first_step(capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                      body: str, complaint: str) -> None:
    path = tmp_path / "bad.wasm"
    path.write_bytes(assembled(f'(module {body} (func (export "_start")))'))
    assert complaint in fault(capsys, "--batch", str(path))


def test_a_start_function_has_run_at_step_0(capsys: pytest.CaptureFixture[str],
                                            tmp_path: Path) -> None:
    path = tmp_path / "started.wasm"
    path.write_bytes(assembled("""(module (global $g (mut i32) (i32.const 1))
        (func $s (global.set $g (i32.const 7))) (start $s)
        (func (export "_start") (drop (global.get $g))))"""))
    assert "$g  i32  7" in batch(capsys, str(path), "-ex", "info globals")


def test_a_module_without_functions_is_refused_in_the_app_too(
        capsys: pytest.CaptureFixture[str], tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "empty.wasm"
    path.write_bytes(assembled("(module)"))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert "it exports no functions" in fault(capsys, str(path))


def test_without_a_terminal_it_says_to_use_batch(capsys: pytest.CaptureFixture[str]) -> None:
    assert "this is not a terminal; use --batch" in fault(capsys, "hello.wasm")


def test_usage_errors(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["hello.wasm", "-x", "script"], [], ["--nonsense", "hello.wasm"]):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert "usage: gaba-debug" in capsys.readouterr().err


def test_every_program_runs_to_its_end_and_back(capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(Path().glob("*.wasm")):
        if "billion" in path.name:
            continue
        exports = Session.open(path).exports_to_choose()
        invoke = ["--invoke", exports[0][0]] if exports else []
        words = [str(path), *invoke, "-ex", "run", "-ex", "rs", "-ex", "goto 50%", "-ex", "bt 5",
                 "-ex", "reverse-finish", "-ex", "rc", "-ex", "when"]
        out = batch(capsys, *words, *(["--", "12"] if invoke else []))
        assert "end of recording: " in out and "start of recording" in out


def test_walk_in_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Output with what no terminal could show comes out escaped, not as a traceback."""
    path = tmp_path / "walk.wasm"
    path.write_bytes(assembled(WALK.replace('"ok\\0a"', '"\\ff\\1b\\0a"')))
    out = batch(capsys, str(path), "--invoke", "walk", "-ex", "run", "-ex", "output", "1")
    assert "\ufffd\x1b" in out
