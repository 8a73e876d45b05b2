"""Monkeys at the app: whatever they press, every pane shows the state that a machine from zero has.

GABAGOOL_SOAK and GABAGOOL_SOAK_SEEDS: see test_soak_session.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.debugger.soak.app_monkey import replayed, soak
from tests.debugger.soak.monkey import Action
from tests.debugger.soak.settings import SEEDS, count
from tests.debugger.soak.subjects import SUBJECTS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Monkeys write files, and change what is kept from session to session."""
    monkeypatch.chdir(tmp_path)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["corruption", "exceptions", "echo", "orders"])
async def test_the_panes_show_the_state_from_zero(name: str, seed: int, tmp_path: Path) -> None:
    said = await soak(SUBJECTS[name], tmp_path, seed, count(30))
    assert said["ok"] > said["refused"]


# What monkeys have found.
FOUND: dict[str, tuple[str, list[Action]]] = {
    "a conditional breakpoint in the source pane": ("orders", [
        ("key", "b"), ("type", "colon", "ignore 1 2"), ("type", "colon", "dprintf run, \"here\"")]),
}


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
async def test_what_monkeys_have_found(case: tuple[str, list[Action]], tmp_path: Path) -> None:
    name, actions = case
    wrong = await replayed(SUBJECTS[name], tmp_path, actions)
    assert wrong is None, wrong
