"""A request's arguments, checked as they are read: what is wrong is told by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from debugger.exchange import CommandError

T = TypeVar("T")
_MISSING: Any = object()
_NAMES = {int: "a whole number", str: "a text", bool: "true or false", list: "a list",
          dict: "an object"}
_LARGEST = 1 << 63


class Arguments:
    """One JSON object. Each reader gives the value of a key, or `default` if there is none; a
    value of another type, or a missing one without a default, is a CommandError. null is none.
    """

    def __init__(self, values: object, what: str) -> None:
        if values is None:
            values = {}
        if not isinstance(values, Mapping):
            raise CommandError(f"{what}: arguments must be an object")
        self.values: Mapping[str, Any] = values
        self.what = what

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def _get(self, key: str, kind: type[T], default: T) -> T:
        value = self.values.get(key)
        if value is None:
            if default is _MISSING:
                raise CommandError(f"{self.what} needs '{key}'")
            return default
        if kind is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise CommandError(f"{self.what}: '{key}' must be {_NAMES[kind]}")
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise CommandError(f"{self.what}: '{key}' is out of range")
        return value

    def integer(self, key: str, default: int = _MISSING) -> int:
        return self._get(key, int, default)

    def text(self, key: str, default: str = _MISSING) -> str:
        return self._get(key, str, default)

    def flag(self, key: str, default: bool = False) -> bool:
        return self._get(key, bool, default)

    def items(self, key: str) -> list[Any]:
        """A list; empty if there is none."""
        return self._get(key, list, [])

    def objects(self, key: str) -> list[Arguments]:
        """A list of objects; empty if there is none."""
        return [Arguments(each, f"{self.what}: {key}") for each in self.items(key)]

    def inner(self, key: str) -> Arguments:
        """An object; an empty one if there is none."""
        return Arguments(self._get(key, dict, {}), f"{self.what}: {key}")

    def texts(self, key: str) -> list[str]:
        """A list of texts; numbers in it are taken as they are written."""
        found = self.items(key)
        for each in found:
            if isinstance(each, bool) or not isinstance(each, str | int | float):
                raise CommandError(f"{self.what}: '{key}' must be a list of texts")
        return [str(each) for each in found]
