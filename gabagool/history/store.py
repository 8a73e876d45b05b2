"""The history's snapshots: put at multiples of the interval Δ, found by step, thinned with age."""

from __future__ import annotations

from gabagool.history import retention
from gabagool.history.deltas import Frames, base_of, chain_of
from gabagool.runtime import codec
from gabagool.runtime.pages import ZERO
from gabagool.runtime.state import Snapshot

KEEP = 128                # K of the retention rule
BUDGET = 128 << 20        # bytes
_SPINE_SHARE = 4          # 1/4 of the budget at most is for decoded snapshots
_FEWEST = 8               # Δ doubles for the budget's sake only while there are more snapshots


class History:
    """Snapshot i is of step `origin + i·interval`; some are kept, as `retention` says.

    Decisions rest on sizes before compression, so they are the same on every machine.
    """

    def __init__(self, first: Snapshot, interval: int, budget: int = BUDGET,
                 keep: int = KEEP) -> None:
        self.origin = first.step
        self.interval = interval        # Δ in steps
        self.newest = 0                 # index
        self._budget = budget
        self._keep = keep
        self._frames = Frames(first)
        self._first_bytes = _bytes(first)
        # Decoded snapshots on the newest one's chain of bases, so that `put` has its base at hand.
        self._spine = {0: first}
        self._spine_bytes = 0
        self._pins: dict[int, codec.Encoded] = {}

    @property
    def bytes(self) -> int:
        """Memory that the history takes, in bytes."""
        pins = sum(len(pin.data) for pin in self._pins.values())
        return self._frames.bytes + self._spine_bytes + self._first_bytes + pins

    @property
    def due(self) -> int:
        """The step of the next snapshot to be put."""
        return self.origin + (self.newest + 1) * self.interval

    def steps(self) -> tuple[int, ...]:
        """All retained steps, rising."""
        kept = {self._step(i) for i in retention.kept(self.newest, self._keep)}
        return tuple(sorted(kept | self._pins.keys()))

    def put(self, snapshot: Snapshot) -> int:
        """Add the snapshot of step `due`; returns the bytes of pages that had to be stored.

        Snapshots that are too many for their age go. If the history is over its budget, Δ doubles.
        """
        if snapshot.step != self.due:
            raise ValueError(f"snapshot of step {snapshot.step} where {self.due} is due")
        i = self.newest + 1
        frame = self._frames.add(i, snapshot, self._load(base_of(i)))
        self.newest = i
        for old in retention.evicted(i, self._keep):
            self._frames.drop(old)
        self._spine[i] = snapshot
        self._trim_spine()
        while self._weight() > self._budget and self.newest >= _FEWEST:
            self.widen()
        return frame.dirty

    def widen(self) -> None:
        """Double Δ: every second snapshot goes."""
        self._frames.halve()
        self.interval *= 2
        self.newest >>= 1
        self._spine = {i >> 1: snapshot for i, snapshot in self._spine.items() if not i & 1}
        self._trim_spine()

    def nearest(self, step: int) -> int:
        """The last retained step ≤ `step`. Raises ValueError for steps before the first."""
        i = min((step - self.origin) // self.interval, self.newest)
        if i < 0:
            raise ValueError(f"step {step} is before the history's first, {self.origin}")
        pin = max((pinned for pinned in self._pins if pinned <= step), default=self.origin)
        return max(pin, self._step(retention.nearest(i, self.newest, self._keep)))

    def get(self, step: int) -> Snapshot:
        """The snapshot of a retained step. Raises KeyError for others."""
        if step in self._pins:
            return codec.decode(self._pins[step].data, self._frames.first)
        i, rest = divmod(step - self.origin, self.interval)
        if rest or not (0 <= i <= self.newest and retention.is_kept(i, self.newest, self._keep)):
            raise KeyError(step)
        return self._load(i)

    def pin(self, snapshot: Snapshot) -> None:
        """Retain this snapshot, of whatever step, until it is unpinned."""
        self._pins[snapshot.step] = codec.encode(snapshot, self._frames.first)

    def unpin(self, step: int) -> None:
        """Let go of a pinned step; nothing happens if it isn't pinned."""
        self._pins.pop(step, None)

    def _step(self, i: int) -> int:
        return self.origin + i * self.interval

    def _load(self, i: int) -> Snapshot:
        return self._frames.load(i, self._spine.get)

    def _weight(self) -> int:
        """What `bytes` is about, as estimated without looking at compressed sizes."""
        pins = sum(pin.weight for pin in self._pins.values())
        return self._frames.weight + self._spine_bytes + self._first_bytes + pins

    def _trim_spine(self) -> None:
        """Keep the newest one's chain, as far as it takes no more than its share of the budget.

        Beyond that `put` decodes its base. The newest itself doesn't count: its pages are alive
        as the machine's last capture.
        """
        chain = [i for i in chain_of(self.newest) if i]
        spine = {0: self._frames.first}
        self._spine_bytes = 0
        for i in chain:
            size = self._frames.dirty(i) if i != self.newest else 0
            if i not in self._spine or self._spine_bytes + size > self._budget // _SPINE_SHARE:
                break
            self._spine_bytes += size
            spine[i] = self._spine[i]
        self._spine = spine


def _bytes(snapshot: Snapshot) -> int:
    """Bytes of the pages of a snapshot that aren't all zero."""
    return sum(len(page) for region in snapshot.regions.values()
               for page in region.pages if page is not ZERO)
