"""Clients of adapters in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.debugger.dap.client import Client, connected


@pytest.fixture
def client() -> Iterator[Client]:
    with connected() as each:
        yield each
