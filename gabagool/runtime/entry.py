"""What a journal is made of: a host call and all that came of it; as objects and as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from gabagool.errors import SnapshotError
from gabagool.records import dataclass
from gabagool.runtime import wire

Effect = (
    tuple[Literal["memory"], int, int, bytes]       # memory address, byte offset, bytes written
    | tuple[Literal["grow"], int, int]              # memory address, wasm pages added
    | tuple[Literal["global"], int, int]            # global address, bits
    | tuple[Literal["table"], int, int, int]        # table address, index, reference bits
    | tuple[Literal["tgrow"], int, int, int]        # table address, elements added, reference bits
    | tuple[Literal["exn"], int, tuple[int, ...]]   # an exception made: tag address, value slots
    | tuple[Literal["item"], int, int, int]         # object, index of its field or element, bits
    | tuple[Literal["pin"], int]                    # an object that the host holds from then on
    | tuple[Literal["unpin"], int]                  # … until then
)
Read = tuple[int, int, int]        # memory address, byte offset, length
End = tuple[Literal["exit"], int] | tuple[Literal["trap"], str] | tuple[Literal["throw"], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """One host call: made at `step`, by `name` ("module.field"), and all that came of it.

    `effects` are in the order they happened; `output` is what it wrote as (descriptor, bytes);
    `end` is set if the call did not return: the program exited or trapped, or an exception was
    thrown (its reference bits); `host` is what it changed of the host state (difference.py).
    `reads` are the ranges of memory that the host looked at, and `seen` is a hash of what was there
    before the call (b'' where that isn't known).
    """

    step: int
    name: str
    args: tuple[int, ...]
    results: tuple[int, ...] = ()
    effects: tuple[Effect, ...] = ()
    output: tuple[tuple[int, bytes], ...] = ()
    end: End | None = None
    host: bytes | None = None
    reads: tuple[Read, ...] = ()
    seen: bytes = b""


def encode(entries: Iterable[Entry]) -> bytes:
    """Entries as msgpack objects one after another: a head, then its effects and output."""
    return b"".join(wire.pack(part) for entry in entries for part in _parts(entry))


def _parts(entry: Entry) -> Iterator[object]:
    yield (entry.step, entry.name, [wire.pack_bits(a) for a in entry.args],
           [wire.pack_bits(r) for r in entry.results], len(entry.effects), len(entry.output),
           entry.end, entry.host, entry.seen, len(entry.reads))
    for effect in entry.effects:
        yield [wire.pack_bits(part) if isinstance(part, int) else part for part in effect]
    yield from entry.output
    yield from entry.reads


def decode(data: bytes) -> list[Entry]:
    """The inverse of `encode`. Raises SnapshotError for anything that isn't its output."""
    parts = wire.unpack_all(data, "the journal")
    entries: list[Entry] = []
    for head in parts:
        entry = _entry(head, parts)
        if entries and entry.step < entries[-1].step:
            raise SnapshotError(f"the journal goes back from step {entries[-1].step} "
                                f"to {entry.step}")
        entries.append(entry)
    return entries


def _entry(head: object, parts: Iterator[object]) -> Entry:
    step, name, args, results, effects, output, end, host, seen, reads = wire.array(
        head, "a journal entry", 10)
    what = f"the journal entry of step {step}"
    return Entry(
        wire.integer(step, "a journal step"), wire.text(name, f"the name in {what}"),
        tuple(wire.bits(a, f"an argument in {what}") for a in wire.array(args, what)),
        tuple(wire.bits(r, f"a result in {what}") for r in wire.array(results, what)),
        tuple(_effect(part, what) for part in _take(parts, effects, what)),
        tuple(_output(part, what) for part in _take(parts, output, what)),
        _end(end, what), None if host is None else wire.blob(host, f"the host state in {what}"),
        tuple(_read(part, what) for part in _take(parts, reads, what)),
        wire.blob(seen, f"the hash in {what}"))


def _take(parts: Iterator[object], count: object, what: str) -> Iterator[object]:
    for _ in range(wire.integer(count, f"a count in {what}", 0, wire.U32)):
        try:
            yield next(parts)
        except StopIteration:
            raise SnapshotError(f"{what} is cut short") from None


def _effect(part: object, what: str) -> Effect:
    what = f"an effect in {what}"
    match wire.array(part, what):
        case ("memory", addr, offset, data):
            return ("memory", wire.integer(addr, what, 0, wire.U32), wire.integer(offset, what),
                    wire.blob(data, what))
        case ("grow", addr, pages):
            return ("grow", wire.integer(addr, what, 0, wire.U32), wire.integer(pages, what))
        case ("global", addr, value):
            return ("global", wire.integer(addr, what, 0, wire.U32), wire.bits(value, what))
        case ("table", addr, index, ref):
            return ("table", wire.integer(addr, what, 0, wire.U32), wire.integer(index, what),
                    wire.integer(ref, what))
        case ("tgrow", addr, count, ref):
            return ("tgrow", wire.integer(addr, what, 0, wire.U32), wire.integer(count, what),
                    wire.integer(ref, what))
        case ("exn", tag, words):
            return ("exn", wire.integer(tag, what, 0, wire.U32),
                    tuple(wire.integer(word, what) for word in wire.array(words, what)))
        case ("item", ref, index, value):
            return ("item", wire.integer(ref, what), wire.integer(index, what, 0, wire.U32),
                    wire.bits(value, what))
        case ("pin", ref):
            return ("pin", wire.integer(ref, what))
        case ("unpin", ref):
            return ("unpin", wire.integer(ref, what))
    raise SnapshotError(f"{what} is of no known kind")


def _output(part: object, what: str) -> tuple[int, bytes]:
    fd, data = wire.array(part, f"output in {what}", 2)
    return (wire.integer(fd, f"the descriptor in {what}", 0, wire.U32),
            wire.blob(data, f"output in {what}"))


def _read(part: object, what: str) -> Read:
    addr, offset, length = wire.array(part, f"a read range in {what}", 3)
    return (wire.integer(addr, what, 0, wire.U32), wire.integer(offset, what),
            wire.integer(length, what))


def _end(part: object, what: str) -> End | None:
    what = f"the end in {what}"
    if part is None:
        return None
    match wire.array(part, what):
        case ("exit", code):
            return ("exit", wire.integer(code, what, -1 << 31, wire.U32))
        case ("trap", message):
            return ("trap", wire.text(message, what))
        case ("throw", ref):
            return ("throw", wire.integer(ref, what))
    raise SnapshotError(f"{what} is of no known kind")
