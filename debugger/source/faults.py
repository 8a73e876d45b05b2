"""Damaged debug info: whatever is wrong with it becomes one clear notice, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class DamagedError(Exception):
    """The debug info contradicts itself, or is of a kind that isn't known here."""


class Faults:
    """Collects what is wrong. Debug info comes from anywhere, and a reader of such nested data
    fails in many ways, so every kind of exception counts as damage; the first is kept."""

    def __init__(self) -> None:
        self.notice = ""

    def note(self, what: str, error: Exception) -> None:
        if not self.notice:
            text = str(error).strip().partition("\n")[0] or type(error).__name__
            self.notice = f"the debug info is damaged ({what}: {text[:120]}); what of it can " \
                          "be read is shown"

    @contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """What is done inside may fail: then the rest of it is left out."""
        try:
            yield
        except (Exception, RecursionError) as error:
            self.note(what, error)

    def attempt(self, what: str, work: Callable[[], T], default: T) -> T:
        """The result of `work`, or the default if it fails."""
        try:
            return work()
        except (Exception, RecursionError) as error:
            self.note(what, error)
            return default
