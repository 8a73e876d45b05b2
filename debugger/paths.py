"""Ways into objects: $v.field, $v[3].0, table[0][3], @0x1040.next.

A way is looked up step by step in frozen values. In an expression each becomes a name for the
value that it leads to, so that expressions need to know nothing of objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from debugger.exchange import CommandError
from debugger.views import StateView, Value

_ROOT = re.compile(r"@(?P<offset>0x[0-9a-f]+|\d+)|\$?[A-Za-z_$][\w$:]*|\$\d+", re.I)
_FIELD = re.compile(r"\.(?P<field>[\w$:]+)")
_SPACES = {"stack": "()", "global": "[]", "table": "[]", "result": "[]"}
_CLOSING = {"[": "]", "(": ")"}
_PACKED = ("i8", "i16")
_WORD = re.compile(r"[\w$.]")
# What can't be computed with has a type that is none, as references have.
_LITERAL = re.compile(r"0x[0-9a-f_]+|\d[\w.]*", re.I)

Number = Callable[[str], int]       # the value of an index written as an expression


class Objects(Protocol):
    """What a session knows of objects."""

    def state(self) -> StateView: ...

    def object_at(self, offset: int) -> Value: ...

    def members(self, value: Value, start: int = 0, count: int = 1) -> tuple[Value, ...]: ...


class Paths:
    """Finds the ways in a text, at the cursor."""

    def __init__(self, objects: Objects, number: Number) -> None:
        self._objects = objects
        self._number = number
        self._state = objects.state()

    def value(self, text: str) -> Value | None:
        """What a text that is nothing but a way leads to; None if it is another expression."""
        text = text.strip()
        match = _ROOT.match(text)
        found = self._way(text, match) if match else None
        return found[0] if found is not None and found[1] == len(text) else None

    def flattened(self, text: str) -> tuple[str, StateView]:
        """The expression with a name in place of each way, and a state that has these names."""
        parts: list[str] = []
        names: list[Value] = []
        at = 0
        while at < len(text):
            match = None if at and _WORD.match(text, at - 1) else (
                _LITERAL.match(text, at) or _ROOT.match(text, at))
            found = self._way(text, match) if match and match.re is _ROOT else None
            if found is None or (match and found[1] == match.end() and match["offset"] is None):
                end = match.end() if match else at + 1
                parts.append(text[at:end])
            else:
                value, end = found
                name = f"$way{len(names)}_"
                names.append(replace(value, name=name,
                                     type="i32" if value.type in _PACKED else value.type))
                parts.append(name)
            at = end
        state = self._state
        return "".join(parts), replace(state, locals=(*state.locals, *names)) if names else state

    # -- one way -----------------------------------------------------------------------------

    def _way(self, text: str, match: re.Match[str]) -> tuple[Value, int] | None:
        """The value at the end of the way that begins here, and where the way ends."""
        found = self._begin(text, match)
        if found is None:
            return None
        value, at = found
        while at < len(text):
            if text[at] == "[":
                index, at = self._enclosed(text, at)
                value = self._element(value, index)
            elif field := _FIELD.match(text, at):
                value, at = self._field(value, field["field"]), field.end()
            else:
                break
        return value, at

    def _begin(self, text: str, match: re.Match[str]) -> tuple[Value, int] | None:
        word, at = match[0], match.end()
        if match["offset"]:
            return self._objects.object_at(int(match["offset"], 0)), at
        brackets = _SPACES.get(word)
        if brackets and text[at:at + 1] == brackets[0]:
            index, at = self._enclosed(text, at)
            return _at(self._space(word), index, f"{word}{brackets[0]}{index}{brackets[1]}"), at
        return self._named(text, match.start(), at)

    def _space(self, word: str) -> Sequence[Value]:
        state = self._state
        return {"stack": state.stack, "global": state.globals, "table": state.tables,
                "result": state.results}[word]

    def _named(self, text: str, start: int, at: int) -> tuple[Value, int] | None:
        """A local, global or table by its name, which may have dots in it: the longest wins."""
        ends = [at]
        while field := _FIELD.match(text, ends[-1]):
            ends.append(field.end())
        state = self._state
        for end in reversed(ends):
            word = text[start:end]
            if word[0] == "$" and word[1:].isdecimal():
                if int(word[1:]) < len(state.locals):
                    return state.locals[int(word[1:])], end
                return None
            for value in (*state.locals, *state.globals, *state.tables):
                if value.name.lstrip("$") == word.lstrip("$"):
                    return value, end
        return None

    def _enclosed(self, text: str, at: int) -> tuple[int, int]:
        """The number between the bracket at `at` and its partner, and what is behind that."""
        depth = 0
        for end in range(at, len(text)):
            depth += (text[end] in "[(") - (text[end] in "])")
            if not depth:
                if text[end] != _CLOSING[text[at]]:
                    break
                return self._number(text[at + 1:end]), end + 1
        raise CommandError(f"'{_CLOSING[text[at]]}' is missing in the expression")

    # -- one step ----------------------------------------------------------------------------

    def _element(self, value: Value, index: int) -> Value:
        length = _length(value)
        if not 0 <= index < length:
            raise CommandError(f"{value.name} has {length:,} element{'s' * (length != 1)}, so "
                               f"there is no number {index}")
        return _below(value, self._objects.members(value, index)[0], f"[{index}]")

    def _field(self, value: Value, name: str) -> Value:
        length = _length(value)
        if name.isdecimal():
            return self._element(value, int(name))
        fields = self._objects.members(value, 0, length) if _is_struct(value) else ()
        for field in fields:
            if field.name == name:
                return _below(value, field, f".{name}")
        known = ", ".join(field.name for field in fields)
        raise CommandError(f"{value.name} has no field '{name}'" +
                           (f": there are {known}" if known else ""))


def _at(values: Sequence[Value], index: int, spelled: str) -> Value:
    if not 0 <= index < len(values):
        raise CommandError(f"there is no {spelled}: there are {len(values)}")
    return values[index]


def _is_struct(value: Value) -> bool:
    return value.ref is not None and value.ref.kind in ("struct", "exn")


def _length(value: Value) -> int:
    """How many members there are; CommandError if the value has no inside."""
    if value.ref is None and value.key:
        return value.bits               # a table's length
    if value.ref is None or value.ref.offset is None:
        what = ("null" if value.ref is not None and value.ref.kind == "null"
                else f"{value.type} {value.text}")
        raise CommandError(f"{value.name} is {what}, so there is nothing in it")
    return value.ref.length


def _below(above: Value, value: Value, step: str) -> Value:
    return replace(value, name=above.name + step)
