"""The garbage collections of a recording."""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.records import dataclass
from gabagool.runtime.chronicle import Chronicle


@dataclass(frozen=True, slots=True)
class Collection:
    """The instruction at `step` found no room: of a heap of `before` bytes `live` were reachable,
    and it has `size` bytes since."""

    step: int
    live: int
    before: int
    size: int

    def __str__(self) -> str:
        text = f"{self.live:,} of {self.before:,} bytes live on"
        return text if self.size == self.before else f"{text}, the heap has {self.size:,} now"


class Collections(Chronicle[Collection]):
    """Collections by number."""

    what = "garbage collections"

    def note(self, found: Collection) -> None:
        """Note a collection, unless it is a replay's."""
        self.add(found.step, (found.live, found.before, found.size))

    def _entry(self, step: int, words: Sequence[int]) -> Collection:
        live, before, size = words
        return Collection(step, live, before, size)

    def _fits(self, words: Sequence[int]) -> bool:
        return len(words) == 3
