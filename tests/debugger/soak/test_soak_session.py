"""Monkeys at a session: whatever they do, it shows the state that a machine from zero has.

GABAGOOL_SOAK=10000 python -m pytest tests/debugger/soak makes it 10,000 actions for each program;
GABAGOOL_SOAK_SEEDS=1,2,3 chooses the seeds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.debugger.soak.monkey import Action, replayed, soak
from tests.debugger.soak.settings import SEEDS, count
from tests.debugger.soak.subjects import SUBJECTS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)     # monkeys write files


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_state_is_that_from_zero(name: str, seed: int, tmp_path: Path) -> None:
    said = soak(SUBJECTS[name], tmp_path, seed, count(100))
    assert said["ok"] > said["refused"], "a monkey whose every word is refused tests nothing"


def line(text: str) -> Action:
    return "line", text, 0


# What monkeys have found: each was an exception that wasn't a refusal, or a wrong state.
FOUND: dict[str, tuple[str, list[Action]]] = {
    "strings without a memory": ("expression", [line("x/16sh")]),
    "a watch without a memory": ("expression", [line("watch f64[i64[u8[0]]]")]),
    "a file's name with a NUL": ("orders", [line("save \0"), line("export-profile \0")]),
    "numbers too long to read": ("orders", [line(f"step {'9' * 5000}"),
                                            line(f"p memory {'9' * 5000}: 0")]),
    "a regular expression too deep": ("orders", [line("rbreak " + "(" * 500),
                                                 line("rbreak a{99999999999}")]),
    "an operand where there are no frames": ("exceptions", [line("run"), line("ww stack(0)")]),
    "levels beyond all stacks": ("exceptions", [
        line(f"{word} {'9' * 30}") for word in ("up", "frame", "backtrace", "down", "call-tree",
                                                "step", "stepi", "disassemble", "info line")]),
    "text from outside memory": ("echo", [
        line("run"), line("rs 1k"), line('set var 0 = "text"'), line("start"), line("finish"),
        line("info events")]),
}


@pytest.mark.parametrize("case", FOUND.values(), ids=FOUND)
def test_what_monkeys_have_found(case: tuple[str, list[Action]], tmp_path: Path) -> None:
    name, actions = case
    wrong = replayed(SUBJECTS[name], tmp_path, actions)
    assert wrong is None, wrong
