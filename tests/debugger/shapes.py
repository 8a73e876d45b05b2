"""The shapes of debugger/docs/json.md: what a JSON value has to look like."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "debugger" / "docs" / "json.md"
_SHAPE = re.compile(r"```shape *(\w*)\n(.*?)```", re.S)
_EXAMPLE = re.compile(r"^`([^`]+)`", re.M)
_PLAIN = {"integer": int, "string": str, "boolean": bool, "object": dict, "number": (int, float)}


@dataclass(frozen=True)
class Example:
    """A command of the page, the word it stands under, and what its result must look like."""

    word: str
    line: str
    shape: object


def named() -> dict[str, object]:
    """The shapes that have names."""
    return {name: json.loads(text) for name, text in _SHAPE.findall(PAGE.read_text()) if name}


def examples() -> list[Example]:
    """In the order of the page. Each shape belongs to the command before it."""
    found = []
    for section in PAGE.read_text().split("\n### ")[1:]:
        word, _, rest = section.partition("\n")
        parts = _SHAPE.split(rest)
        for before, shape in zip(parts[::3], parts[2::3], strict=False):
            line = _EXAMPLE.search(before)
            found.append(Example(word, line[1] if line else word, json.loads(shape)))
    return found


def mismatch(value: object, shape: object, names: dict[str, object], at: str = "result") -> str:
    """Where a value differs from a shape; '' if it doesn't."""
    if isinstance(shape, str):
        return _plain(value, shape, names, at)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{at} is no list but {value!r}"
        return next((fault for i, each in enumerate(value)
                     if (fault := mismatch(each, shape[0], names, f"{at}[{i}]"))), "")
    assert isinstance(shape, dict)
    if not isinstance(value, dict):
        return f"{at} is no object but {value!r}"
    if "*" in shape:
        shape = dict.fromkeys(value, shape["*"])
    shape = {key.removesuffix("?"): each for key, each in shape.items()
             if not key.endswith("?") or key.removesuffix("?") in value}
    if value.keys() != shape.keys():
        return f"{at} has the keys {list(value)}, not {list(shape)}"
    return next((fault for key in shape
                 if (fault := mismatch(value[key], shape[key], names, f"{at}.{key}"))), "")


def _plain(value: object, shape: str, names: dict[str, object], at: str) -> str:
    if shape == "any" or (shape.endswith("?") and value is None):
        return ""
    shape = shape.removesuffix("?")
    if shape in names:
        return mismatch(value, names[shape], names, at)
    if isinstance(value, bool) != (shape == "boolean") or not isinstance(value, _PLAIN[shape]):
        return f"{at} is no {shape} but {value!r}"
    return ""
