"""Each command on a small program: its text, its data, its complaints."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import PROGRAMS, opened, run

from debugger.commands.registry import actions
from debugger.exchange import CommandError
from debugger.session import Session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return opened(tmp_path, invoke="walk", args=["5"])


def text(session: Session, *lines: str) -> str:
    return run(session, *lines).text


def test_every_action_works_or_complains(session: Session, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)         # `save` writes a file
    for action in actions():
        for argument in ("", "1", "nonsense"):
            try:
                run(session, f"{action.words[0]} {argument}")
            except CommandError as error:
                assert str(error)


def test_a_motion_says_where_it_has_come(session: Session) -> None:
    assert text(session, "step 5") == (
        "step 5\nfunc[4] walk+0xb  0x109  call_indirect (type $unary)")
    assert text(session, "s").splitlines()[1].startswith("func[3] fact  ")
    result = run(session, "reverse-step 2")
    assert result.arrival is not None and result.arrival.step == 4
    assert run(session, "when").text == "step 4 of 6"


def test_break_stops_at_names_indices_and_instructions(session: Session) -> None:
    assert text(session, "break fact") == "breakpoint 1 at func[3] fact"
    assert text(session, "b 2") == "breakpoint 2 at func[2] twice"
    assert text(session, "b $fact+0x2") == "breakpoint 3 at func[3] fact+0x2"
    assert text(session, "b *0x109") == "breakpoint 4 at func[4] walk+0xb"
    assert text(session, "c").startswith("breakpoint 4 at step 5")
    assert text(session, "c").startswith("breakpoint 1 at step 6")
    assert text(session, "disable 3").splitlines()[2] == "  3  func[3] fact+0x2  off"
    assert text(session, "c").startswith("breakpoint 1 at step 15")
    assert text(session, "rc").startswith("breakpoint 1 at step 6")
    assert text(session, "delete 1 2", "info breakpoints").splitlines() == [
        "  3  func[3] fact+0x2  off", "  4  func[4] walk+0xb  1 hit"]
    assert text(session, "enable", "info b").splitlines()[0] == "  3  func[3] fact+0x2"
    assert text(session, "delete", "info breakpoints") == "no breakpoints"


def test_break_without_a_place_is_here(session: Session) -> None:
    assert text(session, "step 6", "break") == "breakpoint 1 at func[3] fact"


@pytest.mark.parametrize(("spec", "complaint"), [
    ("fcat", "no function 'fcat'; did you mean fact"), ("99", "there is no func"),
    ("write", "imported"), ("fact+1", r"nearest is at \+0x"), ("0x1", "lies in no function"),
    ("*0x10a", "nearest in walk"), ("+", "no function"),
    ("fact if $9 > 5", "this frame has 1 value"),
])
def test_break_complains(session: Session, spec: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(session, f"break {spec}")


def test_ambiguous_function_names(tmp_path: Path) -> None:
    wat = """(module (func $f (export "one") nop) (func $g (export "f") nop))"""
    session = opened(tmp_path, wat, invoke="one")
    with pytest.raises(CommandError, match=r"'f' is ambiguous: func\[0\] f, func\[1\] g"):
        run(session, "break f")
    assert text(session, "break 1") == "breakpoint 1 at func[1] g"


def test_info_values(session: Session) -> None:
    run(session, "break fact", "continue 2", "step")
    assert text(session, "info locals") == "$n  i32  4"
    assert text(session, "info stack") == "0  i32  4"
    assert text(session, "info globals").splitlines() == [
        "$calls  i32  0", "$ratio  f64  0.1"]
    assert text(session, "info memory") == "memory 0  65,536 bytes (1 pages)"
    assert "func[3] fact  [i32] -> [i32]" in text(session, "info functions")
    assert text(session, "info functions twi") == "func[2] twice  [i32] -> [i32]"
    assert text(session, "info history").startswith("recorded  16 steps, still running")
    assert "running    walk(5)" in text(session, "info program")
    with pytest.raises(CommandError, match="info needs one of: breakpoints, locals"):
        run(session, "info nothing")


def test_backtrace_and_frames(session: Session) -> None:
    run(session, "break fact", "continue 3")
    assert text(session, "bt").splitlines() == [
        "*#0  fact(3) at 0xe4", " #1  fact(4) at 0xf5", " #2  fact(5) at 0xf5",
        " #3  walk(5) at 0x109"]
    assert text(session, "where 2").splitlines()[-1] == "… 2 more frames"
    assert text(session, "up").splitlines()[0] == "*#1  fact(4) at 0xf5"
    assert text(session, "info locals") == "$n  i32  4"
    assert text(session, "frame 3").splitlines()[1].startswith("func[4] walk+0xb")
    assert text(session, "info locals").splitlines() == ["$n    i32  5", "$sum  i32  0"]
    assert text(session, "down", "frame").startswith("*#2  fact(5)")
    with pytest.raises(CommandError, match="no frame 4"):
        run(session, "frame 4")
    with pytest.raises(CommandError, match="innermost"):
        run(session, "frame 0", "down")
    assert text(session, "up", "step", "frame").startswith("*#0"), "a motion selects frame 0"


def test_examine(session: Session) -> None:
    assert text(session, "x/4xb 16") == "0x00000010:\t0x6f\t0x6b\t0x0a\t0x00"
    assert text(session, "x/s 16") == '0x00000010:\t"ok\\n"'
    assert text(session, "x/2c 16") == "0x00000010:\t111 'o'\t107 'k'"
    assert text(session, "x/2dh 16", "x") == "0x00000014:\t0"
    assert text(session, "x/xw 0x10") == "0x00000010:\t0x000a6b6f"
    assert text(session, "x/2gx 0x10").count("\t") == 2
    assert text(session, "x/10ub 16").splitlines()[1].startswith("0x00000018:")
    assert text(session, "x/f 16").startswith("0x00000010:\t9.56")
    assert text(session, "x/tb 16") == "0x00000010:\t01101111"
    assert text(session, "x/ob 16") == "0x00000010:\t0157"
    assert run(session, "x/2xb 16").data == {
        "memory": 0, "address": "0x00000010", "values": ["0x6f", "0x6b"]}


@pytest.mark.parametrize(("line", "complaint"), [
    ("x/4xb 65534", "outside of memory 0, which has 65,536"), ("x/zz 0", "neither a format"),
    ("x/99999999999xb 0", "at most"), ("x/4!! 0", "not a format"), ("x -1", "outside"),
    ("x/s 70000", "outside"), ("step/3", "takes no '/3'"), ("print/q 1", "format letter"),
    ("print", "an expression is needed"), ("goto", "needs a step"), ("goto x", "not a step"),
    ("step x", "not a count"), ("mark aa", "one letter"), ("mark a 10k", "not recorded"),
    ("goto-mark z", "no mark 'z'"), ("delete 7", "no breakpoint 7"), ("delete x", "numbers"),
    ("list nothing", "no function 'nothing'"), ("when now", "no arguments"),
])
def test_complaints(session: Session, line: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(session, line)


def test_print(session: Session) -> None:
    run(session, "break fact", "continue", "step")
    assert text(session, "print $n") == "i32 5"
    assert text(session, "p stack(0) + 1") == "i32 6"
    assert text(session, "p/x $n * 100") == "i32 0x1f4"
    assert text(session, "p/t $n") == "i32 101"
    assert text(session, "p $ratio") == "f64 0.1"
    assert text(session, "p u16[16]") == "i32 27503 0x6b6f"
    assert run(session, "p 1").data == {"type": "i64", "value": "1", "bits": 1}


def test_list_and_disassemble(session: Session) -> None:
    lines = text(session, "break fact", "step 7", "list").splitlines()
    assert lines[0] == "func[3] fact [i32] -> [i32]"
    assert lines[1].startswith(" ●    0xe4  local.get $n")
    assert lines[2].startswith("►     0xe6  i32.const 1")
    assert text(session, "list twice").startswith("func[2] twice")
    assert "else" in text(session, "disassemble")
    assert run(session, "list fact").data["funcidx"] == 3


def test_marks(session: Session) -> None:
    assert text(session, "mark") == "no marks"
    assert text(session, "step 7", "mark a") == "mark 'a at step 7"
    assert text(session, "mark b 3", "mark").splitlines() == ["'a  step 7", "'b  step 3"]
    result = run(session, "start", "goto 'a")
    assert result.arrival is not None and result.arrival.step == 7
    assert run(session, "goto-mark 'b").arrival.step == 3  # type: ignore[union-attr]


def test_output_is_as_of_the_cursor(session: Session) -> None:
    assert text(session, "run", "output") == "\n".join(["ok"] * 5)
    assert run(session, "output").data == {"output": "ok\n" * 5, "bytes": 15, "later": 0}
    assert run(session, "goto 50%", "output").data["later"] == 9
    assert text(session, "start", "output") == ""


def test_output_of_a_program_never_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    session = Session.open(PROGRAMS / "hello.wasm")
    session.run_to_end()
    session.back(100)
    session.run_to_end()
    assert session.output().text.startswith("hello")
    assert capfd.readouterr() == ("", "")


def test_last_when_help_quit(session: Session) -> None:
    assert text(session, "last") == "the cursor has not moved yet"
    assert text(session, "step 2", "last") == "step 2"
    assert "reverse-continue" in text(session, "help")
    assert text(session, "help rc").startswith("Moving in time\n  reverse-continue, rc")
    assert run(session, "quit").quit
    assert run(session, "# a comment").text == run(session, "   ").text == ""


def test_results_of_every_type(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="floats", args=["0.1", "-1e300", "-9223372036854775808"])
    assert text(session, "info locals").splitlines() == [
        "$0  f32  0.1", "$1  f64  -1e+300", "$2  i64  -9223372036854775808 0x8000000000000000"]
    assert text(session, "continue") == (
        "end of recording: finished, results 0.1, -1e+300, -9223372036854775808")
    assert text(session, "bt") == "no frames: the program has ended"
    assert text(session, "list").startswith("func[6] floats")
