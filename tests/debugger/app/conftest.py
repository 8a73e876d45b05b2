"""Sessions on the repository's programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from debugger.session import Session
from tests.debugger.app.driving import PROGRAMS

Opener = Callable[..., Session]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens programs by name, and closes them in the end."""
    sessions = []

    def open_(program: str, invoke: str | None = None, *args: str) -> Session:
        sessions.append(Session.open(PROGRAMS / f"{program}.wasm", invoke=invoke, args=args))
        return sessions[-1]

    yield open_
    for session in sessions:
        session.close()


@pytest.fixture
def climb(opened: Opener) -> Session:
    """stair_climb(20): a short loop over four locals."""
    return opened("stair_climb", "stair_climb", "20")


@pytest.fixture
def corruption(opened: Opener) -> Session:
    """A command with output, calls, memory and a trap after 3.5 million steps."""
    return opened("corruption")
