"""The journal: everything that came into a machine from outside, in order.

While recording, each host call appends an `Entry` with its results and what it changed. On replay
the entry is fed back and the host is not called. Values are slot bits (v128: 128-bit integers), so
a journal means the same in every process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gabagool.errors import SnapshotError
from gabagool.runtime.entries import Entries
from gabagool.runtime.entry import Effect, End, Entry, Read, decode, encode
from gabagool.runtime.hoststate import World
from gabagool.runtime.offers import Offers

if TYPE_CHECKING:
    from gabagool.runtime.edits import Edit

__all__ = ["Effect", "End", "Entry", "Journal", "Read", "decode", "encode"]


class Journal:
    """Entries and the position of the next one: up to the last it replays, then it is live.

    `foreign` is how many of them were not recorded with it: they are not taken on trust. `edits`
    are those of the run, their steps rising; where it is live, `offers` are what its host calls may
    be answered with, and `world` is where the others are made.
    """

    __slots__ = ("edits", "entries", "foreign", "offers", "position", "world")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = entries if isinstance(entries, Entries) else Entries(entries)
        self.foreign = len(self.entries)
        self.position = 0
        self.edits: tuple[Edit, ...] = ()
        self.offers: Offers | None = None
        self.world: World | None = None

    def fork(self, edit: Edit, inputs: frozenset[str]) -> Journal:
        """The journal of a run that is the same up to the position, where the edit takes place.

        `inputs` are names of host calls that only read the outside, see `runtime.offers`.
        """
        forked = Journal(self.entries.until(self.position))
        forked.foreign = min(self.foreign, self.position)
        forked.position = self.position
        forked.edits = (*(e for e in self.edits if e.step <= edit.step), edit)
        forked.offers = Offers(self.entries, self.position, inputs)
        return forked

    @property
    def bytes(self) -> int:
        """The memory that its entries take, roughly; it stays bounded however many they are."""
        return self.entries.bytes

    @property
    def live(self) -> bool:
        """Whether the next host call goes to the real host."""
        return self.position >= len(self.entries)

    def append(self, entry: Entry) -> None:
        """Record a live call. Raises SnapshotError when entries are still to be replayed."""
        if not self.live:
            raise SnapshotError("a live host call amid a replay would overwrite the recording")
        self.entries.append(entry)
        self.position += 1

    def replay(self, step: int, name: str, args: tuple[int, ...]) -> Entry:
        """The entry of the call about to be made; SnapshotError if the recording has another."""
        if self.live:
            raise SnapshotError(f"replay is past the end of the recording at step {step}")
        entry = self.entries[self.position]
        if (entry.step, entry.name, entry.args) != (step, name, args):
            raise SnapshotError(
                f"replay diverged: recorded {entry.name}{entry.args} at step {entry.step}, "
                f"now {name}{args} at step {step}; this recording belongs to another module "
                "or engine version")
        self.position += 1
        return entry
