"""Backwards is exact: whatever was done, each step has the state that a machine from zero has.

A state machine of hypothesis moves a session about, with breakpoints, watchpoints, edits, branches
and marks, and remembers every state it has seen: coming back must show it again.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from debugger.exchange import Arrival, CommandError, Layout
from tests.debugger.soak.oracle import Facts, FromZero, facts
from tests.debugger.soak.settings import count
from tests.debugger.soak.subjects import SUBJECTS

_MOST = 1 << 40
LETTERS = st.sampled_from("abc")
COUNTS = st.integers(1, 3) | st.integers(1, 400) | st.integers(1, 9000)


class Reversal(RuleBasedStateMachine):
    """What a session does, and a model of where it must be."""

    name = "echo"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.session = SUBJECTS[self.name].session(self.folder)
        self.zero = FromZero(SUBJECTS[self.name], self.folder)
        self.seen: dict[tuple[str, int, bool], Facts] = {}
        self.marks: dict[tuple[str, str], int] = {}

    def teardown(self) -> None:
        self.session.close()
        shutil.rmtree(self.folder)

    # -- exact motions -----------------------------------------------------------------------

    def _end(self) -> int:
        """The last step there is, as far as is known."""
        return self.session.total if self.session.ended else _MOST

    @rule(n=COUNTS)
    def step(self, n: int) -> None:
        wanted = self.session.cursor + n
        self.session.step(n)
        assert self.session.cursor == min(wanted, self._end())

    @rule(n=COUNTS)
    def back(self, n: int) -> None:
        wanted = max(0, self.session.cursor - n)
        self.session.back(n)
        assert self.session.cursor == wanted

    @rule(n=COUNTS)
    def there_and_back(self, n: int) -> None:
        """n steps forward and as many back are none."""
        here, before = self.session.cursor, self._facts()
        self.session.step(n)
        self.session.back(self.session.cursor - here)
        assert self.session.cursor == here
        assert self._facts() == before

    @rule(n=COUNTS)
    def back_one_by_one(self, n: int) -> None:
        """n steps back one at a time are the same as at once."""
        n, here = min(n, 40), self.session.cursor
        self.session.back(n)
        at_once, there = self._facts(), self.session.cursor
        self.session.goto(here)
        for _ in range(here - there):
            self.session.back()
        assert self._facts() == at_once

    @rule(share=st.floats(0, 1))
    def goto(self, share: float) -> None:
        step = round(share * self.session.total)
        self.session.goto(step)
        assert self.session.cursor == step

    @rule()
    def undo_and_redo(self) -> None:
        before = self.session.branch, self.session.cursor
        self.session.undo()
        if (self.session.branch, self.session.cursor) != before:
            self.session.redo()
            assert (self.session.branch, self.session.cursor) == before

    # -- motions that look for something -----------------------------------------------------

    @rule()
    def over_and_back(self) -> None:
        """Back over a call leads to where over began, unless something stopped it.

        Over a return is out of the function: back over that is to its call.
        """
        here, depth = self.session.cursor, self._facts()["depth"]
        if self.session.over().reason != "step" or self._facts()["depth"] != depth:
            return
        if self.session.over_back().reason == "step":
            assert self.session.cursor == here

    @rule()
    def out_and_back(self) -> None:
        here, depth = self.session.cursor, self._facts()["depth"]
        if self.session.out().reason == "step":
            assert self._facts()["depth"] == int(str(depth)) - 1
            self.session.back()
            assert self.session.cursor >= here

    @rule()
    def continue_and_back(self) -> None:
        """What stops a motion forwards stops it backwards, too."""
        here = self.session.cursor
        if self._hit(self.session.cont()):
            there = self.session.cursor
            assert there > here
            self.session.goto(there + 1)
            if self._hit(self.session.cont_back()) and not self._watching():
                assert self.session.cursor == there

    @rule()
    def continue_back(self) -> None:
        here = self.session.cursor
        self.session.cont_back()
        assert self.session.cursor < here or here == 0

    def _hit(self, arrival: Arrival) -> bool:
        return arrival.reason in ("breakpoint", "watchpoint", "catchpoint")

    def _watching(self) -> bool:
        return any(point.kind == "watchpoint" for point in self.session.breakpoints())

    # -- breakpoints, edits, branches, marks -------------------------------------------------

    @rule(spec=st.sampled_from(["upper", "convert if $at % 7 == 3", "piece", "keep"]))
    def breakpoint(self, spec: str) -> None:
        place, _, condition = spec.partition(" if ")
        self.session.add_break(place, condition=condition)

    @rule(where=st.sampled_from(["lines", "since", "i32[8]", "0x404, 4", "$0", "table[1]"]))
    def watch(self, where: str) -> None:
        try:
            self.session.add_watch(where)
        except CommandError:
            assert where == "$0"        # a frame without locals

    @rule()
    def delete(self) -> None:
        self.session.delete_break(None)

    @precondition(lambda self: len(self.session.branches()) < 8)
    @rule(where=st.sampled_from(["lines", "i32[4]", "u8[0x404]", "$0", "stack(0)"]),
          value=st.integers(0, 60))
    def edit(self, where: str, value: int) -> None:
        here = self.session.cursor
        try:
            self.session.edit(f"{where} = {value}")
        except CommandError:
            return
        assert self.session.cursor == here
        self.seen = {key: facts for key, facts in self.seen.items()
                     if key[0] != self.session.branch}      # it may have been changed further

    @rule()
    def next_branch(self) -> None:
        if len(self.session.branches()) > 1:
            self.session.switch()

    @rule(letter=LETTERS)
    def mark(self, letter: str) -> None:
        self.session.set_mark(letter)
        self.marks[self.session.branch, letter] = self.session.cursor

    @rule(letter=LETTERS)
    def to_mark(self, letter: str) -> None:
        step = self.marks.get((self.session.branch, letter))
        if step is not None:
            self.session.goto_mark(letter)
            assert self.session.cursor == step

    # -- what must hold ----------------------------------------------------------------------

    def _facts(self) -> Facts:
        assert self.session._nav is not None
        return facts(self.session._nav.machine)

    @initialize()
    def begin(self) -> None:
        assert self.session.cursor == 0

    @invariant()
    def as_from_zero(self) -> None:
        assert not self.zero.differs(self.session, Layout())

    @invariant()
    def as_seen_before(self) -> None:
        found = self._facts()
        key = self.session.branch, self.session.cursor, found["end"] is not None
        assert self.seen.setdefault(key, found) == found


def _settings(examples: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=25, deadline=None,
                    suppress_health_check=list(HealthCheck))


def test_backwards_is_exact() -> None:
    run_state_machine_as_test(Reversal, settings=_settings(max(1, count(600) // 100)))
