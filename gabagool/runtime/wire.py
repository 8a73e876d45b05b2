"""msgpack with the checks that hostile input needs; snapshots, journals and recordings use it.

Only nil, bool, int, float, str, bytes and arrays appear: maps and extension types are refused.
Long lists are packed into byte strings by the caller, because the msgpack decoder allocates what
an array header claims before it has seen the elements.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgpack

from gabagool.errors import SnapshotError

# An array header may claim so many items. Nested to msgpack's depth limit (1024) a hostile input
# makes the decoder allocate 128 MiB at worst.
MAX_ITEMS = 16384
U32 = (1 << 32) - 1
U64 = (1 << 64) - 1


def pack(value: object) -> bytes:
    """One msgpack object. Raises SnapshotError for what msgpack cannot hold."""
    try:
        return bytes(msgpack.packb(value, use_bin_type=True))
    except (ValueError, TypeError, OverflowError) as error:
        raise SnapshotError(f"cannot be stored: {error}") from error


def unpack(data: bytes, what: str) -> object:
    """The only msgpack object in `data`; `what` names it in errors. Arrays come as tuples."""
    items = list(unpack_all(data, what))
    if len(items) != 1:
        raise SnapshotError(f"{what} is damaged: {len(items)} objects where one belongs")
    return items[0]


def unpack_all(data: bytes, what: str) -> Iterator[object]:
    """The msgpack objects in `data`, one after another. Raises SnapshotError where it breaks."""
    unpacker = msgpack.Unpacker(
        use_list=False, raw=False, max_buffer_size=max(len(data), 1),
        max_array_len=MAX_ITEMS, max_map_len=0, max_ext_len=0)
    unpacker.feed(data)
    while True:
        start = unpacker.tell()
        try:
            item: object = unpacker.unpack()
        except msgpack.OutOfData:
            # Raised for a clean end and for a cut object alike.
            if start != len(data):
                raise SnapshotError(f"{what} is cut short after byte {start}") from None
            return
        except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
            raise SnapshotError(f"{what} is damaged at byte {start}: {error}") from error
        yield item


def integer(value: object, what: str, low: int = 0, high: int = U64) -> int:
    """`value` if it is an int in low…high (both included), else SnapshotError."""
    if type(value) is not int:
        raise SnapshotError(f"{what} is {_kind(value)}, not a number")
    if not low <= value <= high:
        raise SnapshotError(f"{what} is {value}, outside {low}…{high}")
    return value


def text(value: object, what: str) -> str:
    if type(value) is not str:
        raise SnapshotError(f"{what} is {_kind(value)}, not a text")
    return value


def boolean(value: object, what: str) -> bool:
    if type(value) is not bool:
        raise SnapshotError(f"{what} is {_kind(value)}, not true or false")
    return value


def blob(value: object, what: str, length: int | None = None) -> bytes:
    """`value` if it is bytes (of `length`, when given), else SnapshotError."""
    if type(value) is not bytes:
        raise SnapshotError(f"{what} is {_kind(value)}, not bytes")
    if length is not None and len(value) != length:
        raise SnapshotError(f"{what} has {len(value)} bytes, not {length}")
    return value


def array(value: object, what: str, length: int | None = None) -> tuple[object, ...]:
    """`value` if it is an array (of `length`, when given), else SnapshotError."""
    if type(value) is not tuple:
        raise SnapshotError(f"{what} is {_kind(value)}, not a list")
    if length is not None and len(value) != length:
        raise SnapshotError(f"{what} has {len(value)} items, not {length}")
    return value


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"


def pack_bits(value: int) -> int | bytes:
    """Bits of a slot for msgpack, which has no integers over 64 bits: a v128 becomes 16 bytes."""
    return value if value <= U64 else value.to_bytes(16, "little")


def bits(value: object, what: str) -> int:
    """The inverse of `pack_bits`."""
    if type(value) is bytes:
        return int.from_bytes(blob(value, what, 16), "little")
    return integer(value, what)
