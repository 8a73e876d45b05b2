"""Whatever was recorded, branches and all, is the same when it is saved and opened: every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gabagool import GabagoolError, open_recording, save_recording
from gabagool.history import recorder as recorders
from gabagool.history import recording
from gabagool.history.family import Branch
from gabagool.history.notes import Note
from gabagool.history.recorder import Recorder
from gabagool.runtime.edits import Change
from tests.files.mutating import guest
from tests.machines import Guest
from tests.native.states import state

# What may be done to the recording: which part, where in it (of 1000), how far to run, the change.
_PLACE = st.integers(0, 1000)
_DEEDS = st.lists(st.tuples(st.integers(0, 5), _PLACE, st.integers(0, 400),
                            st.sampled_from(("memory", "global", "local", "operand", "none")),
                            st.integers(0, 1 << 31)), max_size=5)


@dataclass
class Story:
    """A recording, its parts as they were made, and those whose names are to be kept."""

    guest: Guest
    main: Recorder
    parts: list[Recorder] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def branches(self, hidden: int) -> list[Branch]:
        """All but one of the branches, which is there no more for people."""
        return [Branch(f"b{i}", label, part,
                       [Note(part.fork, "f", ""), Note(part.total, "", label)])
                for i, (part, label) in enumerate(zip(self.parts[1:], self.labels, strict=True))
                if i != hidden]


def told(n: int, first: int, deeds: list[tuple[int, int, int, str, int]]) -> Story:
    one = guest()
    main = Recorder(one.begin("run", n))
    main.record(first)
    story = Story(one, main, [main])
    for which, place, more, kind, value in deeds:
        part = story.parts[which % len(story.parts)]
        part.activate()
        if kind == "none":
            part.record(part.total + more)
            continue
        part.seek(part.origin + place * (part.total - part.origin) // 1000)
        try:
            made = part.branch([_change(one, kind, value)])
        except (GabagoolError, IndexError):
            part.activate()
            continue
        made.record(made.total + more)
        story.parts.append(made)
        story.labels.append(f"{kind} {value}")
    main.activate()
    return story


def _change(one: Guest, kind: str, value: int) -> Change:
    depth = one.machine.depth
    if kind == "memory":
        return ("memory", 0, value % 60_000, value.to_bytes(4, "little"))
    if kind == "global":
        counter = next(g.addr for g in one.machine.store.globals if g.type.mutable)
        return ("global", counter, value)
    return ("local", depth, 0, value % 60) if kind == "local" else ("operand", depth, 0, value % 60)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(n=st.integers(1, 12), first=st.integers(0, 300), deeds=_DEEDS, hidden=st.integers(-1, 3))
def test_every_step_of_every_branch(n: int, first: int, hidden: int,
                                    deeds: list[tuple[int, int, int, str, int]],
                                    tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorders, "FIRST_INTERVAL", 32)
        patch.setattr(recording, "_NEAREST", 40)
        story = told(n, first, deeds)
        folder = tmp_path_factory.mktemp("story")
        _compare(story, folder, hidden)


def _compare(story: Story, folder: Path, hidden: int) -> None:
    path = folder / "a"
    branches = story.branches(hidden)
    save_recording(story.main, story.guest.machine, path, branches=branches)
    opened = open_recording(path)
    assert opened.notice == ""
    assert [(b.name, b.label, list(b.written)) for b in opened.branches] == [
        (b.name, b.label, sorted(b.written)) for b in branches]
    ours = [story.main, *(b.recorder for b in branches)]
    theirs = [opened.playback, *(b.recorder for b in opened.branches)]
    for mine, other in zip(ours, theirs, strict=True):
        mine.activate()
        other.activate()
        assert (other.fork, other.total) == (mine.fork, mine.total)
        assert (other.ended and other.ended.reason) == (mine.ended and mine.ended.reason)
        assert other.events(0, 1 << 40) == mine.events(0, 1 << 40)
        for step in (*range(mine.origin, mine.total + 1), mine.fork, mine.origin):
            mine.seek(step)
            other.seek(step)
            assert state(opened.machine) == state(story.guest.machine), step
        assert other.lane("writes", 0, max(mine.total, 1), 7)[-1] is not None or not mine.total
    save_recording(opened.playback, opened.machine, folder / "b", about=opened.about,
                   branches=opened.branches)
    again = open_recording(folder / "b")
    assert [b.recorder.total for b in again.branches] == [b.recorder.total for b in branches]
    for found in (opened, again):
        found.close()
