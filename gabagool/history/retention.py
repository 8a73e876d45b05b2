"""Which snapshots are kept: exponentially sparser with age, decided by their number alone.

Snapshot i is taken at step i·Δ (Δ: the interval). With the newest index N and K snapshots kept of
each density, i is kept when i = 0 or `N - i < K · 2^ctz(i)`, ctz being the number of trailing zero
bits. So what is kept needs no record: it follows from N and K. Three properties the rest relies on
(each is tested):

- at most K + (K/2)·log2(N/K) + 1 snapshots are kept (K even); from a kept one to any step is a
  replay of at most Δ + 2·age/(K-1), age being the distance of the step from the newest snapshot;
- while i is kept, so is `i & (i - 1)`, and therefore a delta's base;
- when Δ doubles, odd indices go and i becomes i/2; what is left is what the rule keeps at N/2.
"""

from __future__ import annotations


def ctz(i: int) -> int:
    """Trailing zero bits of i > 0."""
    return (i & -i).bit_length() - 1


def is_kept(i: int, newest: int, keep: int) -> bool:
    """Whether index i ≤ newest is kept with K = keep."""
    return i == 0 or newest - i < keep << ctz(i)


def evicted(newest: int, keep: int) -> list[int]:
    """The indices that were kept at newest - 1 and are not any more: O(log newest) of them."""
    gone = []
    level = 0
    while (i := newest - (keep << level)) > 0:
        if ctz(i) == level:
            gone.append(i)
        level += 1
    return gone


def kept(newest: int, keep: int) -> list[int]:
    """All kept indices, rising."""
    indices = {0}
    level = 0
    while 1 << level <= newest:
        oldest = max(newest - (keep << level) + 1, 1)
        step = 1 << level
        indices.update(range(-(-oldest >> level) << level, newest + 1, step))
        level += 1
    return sorted(i for i in indices if is_kept(i, newest, keep))


def nearest(i: int, newest: int, keep: int) -> int:
    """The largest kept index ≤ i, for 0 ≤ i ≤ newest."""
    # Clearing low bits gives falling candidates. A kept j ≤ i with ctz(j) = c can't be passed by:
    # i with c bits cleared is at least j and has as many trailing zeros, so it is kept too.
    while not is_kept(i, newest, keep):
        i &= i - 1
    return i
