"""The benchmarks run, on next to nothing: so that their code doesn't rot. No times are checked."""

from __future__ import annotations

from itertools import count

import pytest

from tests.bench import (
    cpython,
    engines,
    opening,
    painting,
    plain,
    recording,
    seeking,
    snapshots,
    startup,
    suspending,
)
from tests.bench.__main__ import main, run
from tests.bench.kernels import KERNELS
from tests.bench.report import TINY, Goal, Section, Table, at_least, at_most, show
from tests.bench.timing import geometric_mean, interleaved, p95, ratio

SECTIONS: dict[str, Section] = {
    "plain": lambda effort: plain.measure(effort, KERNELS[:2]),
    "recording": lambda effort: recording.measure(effort, KERNELS[:2]),
    "snapshots": lambda effort: snapshots.measure(effort, wasm_pages=32),
    "seeking": seeking.measure,
    "suspending": suspending.measure,
    "painting": lambda effort: painting.measure(effort, painting.CASES[-1:]),
    "opening": lambda effort: opening.measure(effort, opening.CASES[:1]),
    "startup": startup.measure,
    "cpython": cpython.measure,
}


@pytest.mark.parametrize("name", SECTIONS)
def test_section(name: str) -> None:
    for table in SECTIONS[name](TINY):
        text = show(table)
        assert table.title in text
        assert all(len(row) == len(table.head) for row in table.rows)


def test_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    goals = run(["seeking"], TINY)
    assert len(goals) == 2
    assert "Reverse-continue" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["walking"])
    assert "there is no section walking, but plain" in capsys.readouterr().err


def test_an_engine_that_is_not_installed_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_kernel: object) -> engines.Call:
        raise ImportError

    monkeypatch.setattr(plain, "OTHERS", (engines.Engine("wasm3", absent),))
    table, = plain.measure(TINY, KERNELS[:1])
    assert table.notes[-1] == "wasm3 is not installed: pip install gabagool[bench]"
    assert [goal.met for goal in table.goals] == [None, None]


def test_report() -> None:
    goals = (at_most("a", 3.0, 2.0, " ms"), at_least("b", 3.0, 2.0))
    text = show(Table("Title", ("what", "ms"), [("one", "1.00"), ("more", "10.0")], goals))
    assert text == ("Title\n=====\nwhat    ms\none   1.00\nmore  10.0\n"
                    "[MISSED]  a: 3.00 ms, goal ≤ 2.00 ms (by 50 %)\n"
                    "[reached] b: 3.00, goal ≥ 2.00\n")
    assert goals[0].met is False and goals[1] == Goal("b: 3.00, goal ≥ 2.00", True)


def test_timing() -> None:
    clock = count(1.0)
    runs = {name: lambda: next(clock) for name in "ab"}
    assert interleaved(runs, 2) == {"a": [1.0, 3.0], "b": [2.0, 4.0]}
    assert ratio([1.0, 9.0, 4.0], [1.0, 3.0, 2.0]) == 2.0
    assert p95([float(i) for i in range(101)]) == 95.0 and p95([7.0]) == 7.0
    assert abs(geometric_mean([1.0, 4.0]) - 2.0) < 1e-12
