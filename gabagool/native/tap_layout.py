"""Offsets of taps and their log. Units are bytes, as in `layout`."""

from __future__ import annotations

import enum


class Tap(enum.IntEnum):
    """What native code is to notice, and what it has noticed so far (see `taps`)."""

    COUNT = 0            # hits
    LAST = 8             # i64, step of the last hit; steps up to it are not looked at
    CHECK = 16           # address of `i64 check(ctx, fp, old, new)`; 0 for no condition
    VALUES = 24          # address of `void values(ctx, fp, old, new, out)`; 0 for none
    STOP = 32            # 1: a hit stops
    IGNORE = 40          # address of how many hits don't stop yet; taps may share it
    CHANGED = 48         # 1: a write of what was there already is no hit
    START = 56           # memory: addresses of the first watched byte and after the last
    END = 64             # word: of the elements that an index must be one of; END 0 for any
    FRAME = 72           # word: the frame that it must execute in; 0 for any
    PLACE = 80           # word: address of what it writes or reads, of table element 0.
                         # Memory: of a copy of its bytes
    WIDTH = 88           # word: bytes written there; 0 if that doesn't matter
    LOG = 96             # address of the log that it shares with others
    UNTIL = 104          # i64, steps from this one on are not looked at
    PATTERN = 112        # memory: address of bytes that must be there after a write …
    PATTERN_SIZE = 120   # … some of which it has written; 0 for any write
    HEAT = 128           # memory: address of u64 counters of hits by lines of it; 0 for none
    HEAT_SHIFT = 136     # a line has 2^so many bytes
    READS = 144          # 1: reads are hits, not writes
    SIZE = 152


class Log(enum.IntEnum):
    """Where taps write down their hits."""

    COUNT = 0            # hits of all its taps
    ENTRIES = 8          # address of entries for the hits SKIP, SKIP + 1 … of which ROOM fit
    SKIP = 16
    ROOM = 24
    SIZE = 32


class Entry(enum.IntEnum):
    """One logged hit. OLD and NEW are the first 16 bytes of what was written."""

    STEP = 0
    PC = 8
    AT = 16              # address of the first byte written
    LENGTH = 24
    OLD = 32
    NEW = 48
    TAP = 64             # address of the tap
    VALUES = 72          # 6 words, then a word with a bit for each that can't be computed
    SIZE = 128


LOGGED_VALUES = 6
