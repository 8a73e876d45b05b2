"""Cutting a list of actions down to few that still do what they did."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
_SECONDS = 90.0


def shrinking(actions: list[T]) -> Generator[list[T], bool, list[T]]:
    """Yields shorter and shorter lists, and is sent whether they still fail; returns the least.

    First the last few, then all but halves, quarters … of what is left.
    """
    until = time.monotonic() + _SECONDS
    for last in (30, 300):
        if len(actions) > last and (yield actions[-last:]):
            actions = actions[-last:]
            break
    size = max(1, len(actions) // 2)
    while size:
        at = 0
        while at < len(actions) and len(actions) > 1:
            if time.monotonic() > until:
                return actions
            without = actions[:at] + actions[at + size:]
            if without and (yield without):
                actions = without
            else:
                at += size
        size //= 2
    return actions
