"""How long monkeys are let loose, from the environment."""

from __future__ import annotations

import os

SEEDS = [int(seed) for seed in os.environ.get("GABAGOOL_SOAK_SEEDS", "1").split(",")]


def count(few: int) -> int:
    """Actions for each program and seed: a few unless GABAGOOL_SOAK says how many."""
    return int(os.environ.get("GABAGOOL_SOAK", few))
