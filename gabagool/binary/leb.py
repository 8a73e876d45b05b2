"""LEB128 numbers of 32 bits the short way, where calls of `Reader` would cost too much (§5.2.2)."""

from __future__ import annotations


def short_u32(data: bytes, at: int) -> tuple[int, int]:
    """A u32 (§5.2.2) and the offset behind it; an offset of 0 for what `Reader` should look at.

    Linkers pad numbers to five bytes, to have room for larger ones.
    """
    value = data[at]
    if value < 0x80:
        return value, at + 1
    byte = data[at + 1]
    if byte < 0x80:
        return value & 0x7F | byte << 7, at + 2
    value = value & 0x7F | (byte & 0x7F) << 7
    byte = data[at + 2]
    if byte < 0x80:
        return value | byte << 14, at + 3
    value |= (byte & 0x7F) << 14
    byte = data[at + 3]
    if byte < 0x80:
        return value | byte << 21, at + 4
    value |= (byte & 0x7F) << 21
    byte = data[at + 4]
    return (value | byte << 28, at + 5) if byte < 0x10 else (0, 0)


def short_s32(data: bytes, at: int) -> tuple[int, int]:
    """As `short_u32`, of an s32: its 32 bits."""
    value = data[at]
    if value < 0x40:
        return value, at + 1
    value, after = short_u32(data, at)
    if not after:
        byte = data[at + 4]
        if byte & 0xF8 != 0x78:
            return 0, 0
        low = data[at] & 0x7F | (data[at + 1] & 0x7F) << 7 | (data[at + 2] & 0x7F) << 14
        return low | (data[at + 3] & 0x7F) << 21 | (byte & 0x0F) << 28, at + 5
    width = 7 * (after - at)
    if width < 32:
        return (value - (1 << width) & 0xFFFFFFFF if value >> width - 1 else value), after
    # the fifth byte repeats the sign
    return (value, after) if value >> 31 == 0 else (0, 0)
