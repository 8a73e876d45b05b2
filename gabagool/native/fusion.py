"""Which sequences of forms get a handler of their own, and the trie that finds them.

The list in sequences.txt was made by `python -m tests.bench.fusions`, which counts what real
programs execute; any sequence is correct, the list is a matter of speed alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from gabagool.isa import FORM_NUMBER, FORMS


def name_of(sequence: Sequence[str]) -> str:
    """One word for a form or a sequence of forms."""
    return "|".join(sequence)


def is_sequence(name: str) -> bool:
    """Whether it is the name of several forms."""
    return "|" in name


def sequence_of(name: str) -> tuple[str, ...]:
    """The opposite of `name_of`."""
    return tuple(name.split("|"))


def _listed(file: str) -> tuple[tuple[str, ...], ...]:
    return tuple(map(sequence_of, (Path(__file__).parent / file).read_text().splitlines()))


SEQUENCES = _listed("sequences.txt")
# What C programs spend nine tenths of their time in: quick code has these from the better
# compiler (by samples of CPython's start).
HOT = _listed("hot.txt")


def trie(sequences: Sequence[tuple[str, ...]],
         allowed: Callable[[tuple[str, ...]], bool] = lambda names: True,
         ) -> tuple[array[int], array[int]]:
    """(transitions u16[state][form], accepted handler per state) for `helpers.build_thread`.

    State 0 is dead, 1 is the root; the first cell holds the row width. Handlers are numbered
    after the forms; only those `allowed` are found.
    """
    width = len(FORMS)
    states: dict[tuple[str, ...], int] = {(): 1}
    for sequence in sequences:
        for end in range(1, len(sequence) + 1):
            states.setdefault(sequence[:end], len(states) + 1)
    table = array("H", bytes(2 * width * (len(states) + 1)))
    accept = array("H", bytes(2 * (len(states) + 1)))
    for prefix, state in states.items():
        if prefix:
            table[states[prefix[:-1]] * width + FORM_NUMBER[prefix[-1]]] = state
    for number, sequence in enumerate(sequences):
        accept[states[sequence]] = width + number if allowed(sequence) else 0
    table[0] = width
    return table, accept
