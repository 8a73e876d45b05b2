"""Every action of the one registry, by each of its keys or by the palette, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from debugger.screens.face import action, all_actions
from tests.debugger.app import every_asking, every_looking, every_moving  # noqa: F401
from tests.debugger.app.driving import driven
from tests.debugger.app.every import CASES, STAGES, Player


def test_every_action_has_a_case() -> None:
    missing = [each.id for each in all_actions() if each.id not in CASES]
    assert not missing, f"no Pilot test presses and checks {missing}: write one in every_*.py"
    assert not CASES.keys() - {each.id for each in all_actions()}, "cases of no action"


GROUPS = sorted({(action(each.id).group, each.stage) for each in CASES.values()})


@pytest.mark.parametrize(("group", "stage"), GROUPS, ids=lambda text: text.strip("?"))
async def test_every_action(group: str, stage: str, tmp_path: Path,
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """The actions of one heading of the help on one program, one after another."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    with STAGES[stage](tmp_path) as session:
        async with driven(session) as it:
            for each in CASES.values():
                if (action(each.id).group, each.stage) != (group, stage):
                    continue
                for means in each.means():
                    player = Player(it, each.id, means, tmp_path)
                    await player.begin()
                    try:
                        await each.play(player)
                    except AssertionError as error:
                        raise AssertionError(f"{each.id} by {means}: {error} "
                                             f"(message: {player.message})") from error
                    assert each.id in player.performed, f"{means} does not perform {each.id}"


def test_every_help_says_it_all() -> None:
    """The palette shows each alone, so none may lean on the one above it."""
    helps = [each.help for each in all_actions()]
    assert sorted(set(helps)) == sorted(helps)
    assert not [text for text in helps if text.startswith("the same")]
