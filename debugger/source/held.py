"""A value of a type where it is: in memory, or only its bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.kinds import Member, Type

_LARGEST = 1 << 16      # bytes of a value

Read = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """A value of a type: in memory at `address`, or (None) its bytes. `bits` other than 0 makes
    it a bit field: so many bits from `bit` on."""

    type: Type
    address: int | None
    data: bytes = b""
    bits: int = 0
    bit: int = 0

    def bytes(self, read: Read) -> bytes:
        """Its bytes, as many as the type has."""
        size = kinds.size_of(self.type)
        if self.bits:
            size = (self.bit + self.bits + 7) // 8
        if size > _LARGEST:
            raise CommandError(f"a value of {size:,} bytes is too large to show")
        if self.address is None:
            return self.data[:size].ljust(size, b"\0")
        return read(self.address, size)

    def member(self, member: Member) -> Held:
        if self.address is not None:
            return Held(member.type, self.address + member.at, b"", member.bits, member.bit)
        return Held(member.type, None, self.data[member.at:], member.bits, member.bit)

    def item(self, index: int) -> Held:
        """An element of an array."""
        inner = kinds.target(kinds.bare(self.type))
        size = kinds.size_of(inner)
        if self.address is not None:
            return Held(inner, self.address + index * size)
        return Held(inner, None, self.data[index * size:])
