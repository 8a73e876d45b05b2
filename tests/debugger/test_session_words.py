"""Step numbers, expressions and looking up words: what is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debugger.commands.registry import actions, by_id, find
from debugger.exchange import CommandError
from debugger.expression import evaluate
from debugger.steps import parse_step
from debugger.views import StateView, Value

MARKS = {"a": 77}


@pytest.mark.parametrize(("text", "step"), [
    ("1234", 1234), ("1,234", 1234), ("1_234", 1234), ("1k", 1000), ("1.5M", 1_500_000),
    ("2g", 2 * 10**9), ("1e6", 10**6), (".5k", 500), ("50%", 500), ("100%", 1000), ("0%", 0),
    ("+1k", 1100), ("-3", 97), ("-3k", 0), ("+50%", 600), ("$", 1000), ("end", 1000),
    ("start", 0), ("0", 0), (" 12 ", 12), ("'a", 77),
])
def test_forms_of_a_step(text: str, step: int) -> None:
    assert parse_step(text, 100, 1000, MARKS) == step


@pytest.mark.parametrize("text", ["", "x", "1x", "--3", "1.2.3", "%", "'b", "'", "0x10", "1k%",
                                  "1e999", "٣"])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        parse_step(text, 100, 1000, MARKS)


@given(st.text(max_size=8))
def test_any_text_is_a_step_or_refused(text: str) -> None:
    try:
        assert parse_step(text, 100, 1000, MARKS) >= 0
    except CommandError as error:
        assert str(error)


MEMORY = bytes(range(256))
STATE = StateView(
    5, (Value("0", "i32", "7", 7), Value("1", "f32", "1.5", 0x3FC00000)),
    (Value("$n", "i32", "-1", 0xFFFFFFFF), Value("$1", "i64", "3", 3),
     Value("$r", "funcref", "func[1] f", 8)),
    (Value("$calls", "i32", "6", 6), Value("global[1]", "f64", "0.5", 0x3FE0000000000000)))


def read(_memory: int, address: int, size: int) -> bytes:
    if address + size > len(MEMORY):
        raise CommandError("outside")
    return MEMORY[address:address + size]


def number(text: str) -> int | float:
    return evaluate(text, STATE, read).number


@pytest.mark.parametrize(("text", "value"), [
    ("$n", -1), ("$0", -1), ("n", -1), ("$1", 3), ("$calls", 6), ("calls", 6),
    ("stack(0)", 7), ("global[0]", 6),
    ("stack(1)", 1.5), ("i32[4]", 0x07060504), ("u8[255]", 255), ("i8[255]", -1),
    ("i16[0xfe]", -2), ("u16[0xfe]", 0xFFFE), ("i32[calls - 2]", 0x07060504),
    ("i64[8]", 0x0F0E0D0C0B0A0908), ("$n + 2", 1), ("2 * (3 + $1)", 12), ("-$1", -3),
    ("$calls*$calls-1", 35), ("1.5 + 1", 2.5), ("stack(1) * 2", 3.0), ("0x10", 16),
])
def test_expressions(text: str, value: float) -> None:
    assert number(text) == value


def test_arithmetic_wraps_as_wasm_does() -> None:
    assert evaluate("$n * 65536 * 65536", STATE, read).number == 0
    assert evaluate("0 - 1", STATE, read).bits == (1 << 64) - 1


@pytest.mark.parametrize(("text", "complaint"), [
    ("", "an expression is needed"), ("$nn", "no local or global"), ("$7", "this frame has 3"),
    ("stack(2)", "2 values"), ("global[2]", "2 values"), ("1 +", "breaks off"), ("(1", "missing"),
    ("1 2", "not expected"),
    ("i32[999]", "outside"), ("i32[stack(1)]", "no address"), ("$r + 1", "no arithmetic"),
    ("?", "can't be understood"), ("((((" * 200, "too long"), ("0x", "not"),
])
def test_what_is_no_expression_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint.replace("(", r"\(")):
        evaluate(text, STATE, read)


@given(st.text("$n017stack()i32[]+-*. x", max_size=12))
def test_any_expression_is_a_value_or_refused(text: str) -> None:
    try:
        evaluate(text, STATE, read)
    except CommandError as error:
        assert str(error)


@pytest.mark.parametrize(("word", "id_"), [
    ("step", "step"), ("s", "step"), ("stepi", "stepi"), ("rs", "back"), ("rsi", "backi"),
    ("reverse-stepi", "backi"), ("n", "over"), ("rn", "over_back"), ("fin", "out"),
    ("reverse-f", "out_back"), ("c", "cont"), ("cont", "cont"), ("rc", "cont_back"),
    ("seek", "goto"), ("b", "break"), ("br", "break"), ("d", "delete"), ("i", "info"),
    ("where", "backtrace"), ("p", "print"), ("x", "examine"), ("q", "quit"), ("disas",
    "disassemble"), ("out", "output"),
])
def test_words_and_their_prefixes(word: str, id_: str) -> None:
    assert find(word).id == id_


def test_ambiguous_and_unknown_words_name_their_neighbours() -> None:
    with pytest.raises(CommandError, match=r"ambiguous: .*reverse-next.*reverse-step"):
        find("reverse")
    with pytest.raises(CommandError, match=r"no command 'contniue'; did you mean continue"):
        find("contniue")


def test_the_registry_is_consistent() -> None:
    ids = [action.id for action in actions()]
    words = [word for action in actions() for word in action.words]
    keys = [key for action in actions() for key in action.keys]
    for names in (ids, words, keys):
        assert len(names) == len(set(names))
    for action in actions():
        assert by_id(action.id) is action
        assert action.help and action.group and not action.help.endswith(".")
