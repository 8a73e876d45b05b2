"""What the tests of recordings share."""

import pytest

from gabagool.history import recorder as recording


@pytest.fixture
def dense(monkeypatch):
    """Snapshots every 4096 steps, so that short programs have a history."""
    monkeypatch.setattr(recording, "FIRST_INTERVAL", 4096)
    monkeypatch.setattr(recording, "_REPLAY", 500)
