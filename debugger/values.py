"""Values as text and back, as `gabagool.text` does it, with faults as the user's."""

from __future__ import annotations

from collections.abc import Sequence

from debugger.exchange import CommandError
from gabagool import FuncType, text
from gabagool.text import (
    VECTOR_VIEWS,
    float_of,
    format_float,
    format_value,
    format_vector,
    signed,
)
from gabagool.types import ValType

__all__ = ["VECTOR_VIEWS", "float_of", "format_float", "format_value", "format_vector",
           "parse_args", "parse_value", "short_value", "signed"]


def short_value(shown: str) -> str:
    """A formatted number without the hexadecimal that follows a decimal."""
    return shown.partition(" 0x")[0]


def parse_value(type_: ValType, word: str) -> int:
    """The bits of an argument written as `word`; CommandError says what would be right."""
    try:
        return text.parse_value(type_, word)
    except text.ArgumentError as error:
        raise CommandError(str(error)) from None


def parse_args(name: str, functype: FuncType, words: Sequence[str]) -> list[int]:
    """The bits of a function's arguments; CommandError names the argument that is wrong."""
    try:
        return text.parse_args(name, functype, tuple(words))
    except text.ArgumentError as error:
        raise CommandError(str(error)) from None
