"""The history's snapshots: put at multiples of the interval Δ, found by step, thinned with age."""

from __future__ import annotations

from gabagool.history import retention
from gabagool.history.deltas import Frame, Frames, base_of, chain_of
from gabagool.runtime import codec
from gabagool.runtime.pages import ZERO
from gabagool.runtime.state import Snapshot

KEEP = 128                # K of the retention rule
BUDGET = 128 << 20        # bytes
_FRESH_SHARE = 2          # half of the budget is for snapshots as they came
_SPINE_SHARE = 8          # 1/8 for decoded bases
_FEWEST = 8               # Δ doubles for the budget's sake only while there are more snapshots


class History:
    """Snapshot i is of step `origin + i·interval`; some are kept, as `retention` says.

    The newest stay as they came, since they share most of their pages; those that don't fit into
    their part of the budget are encoded, oldest first. Decisions rest on sizes before compression,
    so they are the same on every machine.
    """

    def __init__(self, first: Snapshot, interval: int, budget: int = BUDGET,
                 keep: int = KEEP) -> None:
        self.origin = first.step
        self.interval = interval        # Δ in steps
        self.newest = 0                 # index
        self._budget = budget
        self._keep = keep
        self._first_bytes = _bytes(first)
        self._frames = Frames(first)
        # By index, rising: snapshots not encoded yet, and the bytes each added to the one before.
        self._fresh: dict[int, Snapshot] = {}
        self._added: dict[int, int] = {}
        # Decoded: the last encoded one and its chain of bases, one of which is the next one's.
        self._spine: dict[int, Snapshot] = {}
        self._spine_bytes = 0
        self._pins: dict[int, codec.Encoded] = {}

    @property
    def bytes(self) -> int:
        """Memory that the history takes, in bytes."""
        pins = sum(len(pin.data) for pin in self._pins.values())
        return self._frames.bytes + self._decoded_bytes + pins

    @property
    def due(self) -> int:
        """The step of the next snapshot to be put."""
        return self.origin + (self.newest + 1) * self.interval

    def steps(self) -> tuple[int, ...]:
        """All retained steps, rising."""
        kept = {self._step(i) for i in retention.kept(self.newest, self._keep)}
        return tuple(sorted(kept | self._pins.keys()))

    def put(self, snapshot: Snapshot, added: int) -> list[Frame]:
        """Add the snapshot of step `due`, which has `added` bytes of pages unlike the last one's.

        Snapshots that are too many for their age go. If the history is over its budget, Δ doubles.
        Returns what had to be encoded.
        """
        if snapshot.step != self.due:
            raise ValueError(f"snapshot of step {snapshot.step} where {self.due} is due")
        self.newest += 1
        self._fresh[self.newest] = snapshot
        self._added[self.newest] = added
        for i in retention.evicted(self.newest, self._keep):
            self._drop(i)
        encoded = []
        while len(self._fresh) > 1 and self._fresh_bytes > self._budget // _FRESH_SHARE:
            encoded.append(self._encode_oldest())
        while self._weight() > self._budget and self.newest >= _FEWEST:
            self.widen()
        return encoded

    def widen(self) -> None:
        """Double Δ: every second snapshot goes."""
        for i in [i for i in self._fresh if i & 1]:
            self._drop(i)
        self._frames.halve()
        self.interval *= 2
        self.newest >>= 1
        self._fresh = {i >> 1: snapshot for i, snapshot in self._fresh.items()}
        self._added = {i >> 1: added for i, added in self._added.items()}
        self._spine = {i >> 1: snapshot for i, snapshot in self._spine.items() if not i & 1}
        self._spine_bytes = sum(map(self._frames.dirty, self._spine))

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
        return self._fresh.get(i) or self._frames.load(i, self._spine)

    def _drop(self, i: int) -> None:
        if i not in self._fresh:
            self._frames.drop(i)
            return
        del self._fresh[i]
        added = self._added.pop(i)
        # What it had added may live on in its successor.
        after = next((j for j in self._added if j > i), None)
        if after is not None:
            self._added[after] += added

    def _encode_oldest(self) -> Frame:
        i = next(iter(self._fresh))
        snapshot = self._fresh.pop(i)
        del self._added[i]
        frame = self._frames.add(i, snapshot, self._load(base_of(i)))
        self._spine[i] = snapshot
        self._trim_spine(i)
        return frame

    def _trim_spine(self, last: int) -> None:
        """Keep the chain of the last encoded index, as far as it fits its part of the budget.

        The base of the next one is on it; beyond that it has to be decoded.
        """
        spine: dict[int, Snapshot] = {}
        self._spine_bytes = 0
        for i in chain_of(last)[:-1]:
            size = self._frames.dirty(i) if i in self._spine else self._budget
            if self._spine_bytes + size > self._budget // _SPINE_SHARE:
                break
            self._spine_bytes += size
            spine[i] = self._spine[i]
        self._spine = spine

    @property
    def _fresh_bytes(self) -> int:
        return sum(self._added.values())

    @property
    def _decoded_bytes(self) -> int:
        return self._first_bytes + self._fresh_bytes + self._spine_bytes

    def _weight(self) -> int:
        """What `bytes` is about, as estimated without looking at compressed sizes."""
        pins = sum(pin.weight for pin in self._pins.values())
        return self._frames.weight + self._decoded_bytes + pins


def _bytes(snapshot: Snapshot) -> int:
    """Bytes of the pages of a snapshot that aren't all zero."""
    return sum(len(page) for region in snapshot.regions.values()
               for page in region.pages if page is not ZERO)
