"""Hostile files neither kill the process, nor hang it, nor fill the memory: a sample of them.

`python -m tests.files.fuzz` does 100,000; `GABAGOOL_FUZZ_FILES` is how many are done here.
"""

from __future__ import annotations

import os

from tests.files.fuzz import fuzz

COUNT = int(os.environ.get("GABAGOOL_FUZZ_FILES", "400"))


def test_hostile_files() -> None:
    count = COUNT
    counts, wrong = fuzz(1_000_000, count)
    assert wrong == []
    assert sum(counts.values()) == count
    # Most are refused at once, but not all: what lies behind the checks is reached too.
    assert counts["refused"] > count // 3 and counts["used"] > count // 20


def test_hostile_branches() -> None:
    """Where the damage is a branch's the rest is there all the same, so fewer are refused."""
    counts, wrong = fuzz(2_000_000, COUNT // 2, branches=True)
    assert wrong == []
    assert sum(counts.values()) == COUNT // 2
    assert counts["used"] > COUNT // 8
