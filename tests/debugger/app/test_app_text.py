"""Fitting words and numbers into columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from debugger.widgets.text import column, duration, elide, fit, printable, short, size


@pytest.mark.parametrize("text", ["", "short", "x" * 300, "Grüße, 世界" * 9, "a\x1b[2Jb\n" * 9])
@pytest.mark.parametrize("width", [0, 1, 2, 7, 40])
def test_columns_are_exact(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= width
    assert cell_len(column(text, width)) == width


def test_what_was_cut_says_so() -> None:
    assert fit("a_long_name", 7) == "a_long…"
    assert fit("name", 4) == "name"


def test_control_characters_never_reach_the_terminal() -> None:
    assert printable("a\x1b[2J\x9b1mb") == "a·[2J·1mb"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (4100, "4.1k"), (9949, "9.9k"), (9950, "10k"),
     (999_499, "999k"), (999_500, "1.0M"), (3_100_000_000, "3.1G"), (10**20, "100E")],
)  # fmt: skip
def test_counts_take_four_cells(number: int, text: str) -> None:
    assert short(number) == text
    assert len(text) <= 4


def test_sizes_and_estimates() -> None:
    assert [size(n) for n in (0, 1023, 65536, 1_100_000)] == [
        "0 B", "1023 B", "64 KiB", "1.0 MiB",
    ]  # fmt: skip
    assert [duration(s) for s in (0.2, 12.4, 200, 9000)] == ["<1 s", "12 s", "3 min", "2 h"]


@pytest.mark.parametrize(("text", "width", "shown"), [
    ("short", 9, "short"), ("core::fmt::Formatter::pad_integral", 20, "core::fmt::F…ntegral"),
    ("func[42] a_very_long_name+0x1c", 20, "func[42] a_v…me+0x1c"), ("abcdefghij", 5, "abcd…"),
    ("abcdefghij", 0, ""), ("世界世界世界世界世界", 11, "世界世…世界"),
])
def test_names_are_cut_in_their_middle(text: str, width: int, shown: str) -> None:
    assert elide(text, width) == shown
    assert cell_len(elide(text, width)) <= width


@given(st.text(max_size=40), st.integers(0, 30))
def test_no_name_is_wider_than_its_column(text: str, width: int) -> None:
    assert cell_len(elide(text, width)) <= width
    assert cell_len(column(elide(text, width), width)) == width


def test_names_of_templates_cost_nothing() -> None:
    name = "std::map<" * 100_000 + ">::insert"
    assert elide(name, 20) == "std::map<std…:insert"
