"""Values of source types as gdb shows them: numbers, pointers, text, records, arrays."""

from __future__ import annotations

import struct

from debugger.exchange import CommandError
from debugger.source import kinds, rust
from debugger.source.held import Held, Read
from debugger.source.kinds import Type

_DEEPEST = 3            # records and arrays in each other
_ITEMS = 16             # elements or members shown
_TEXT = 64              # bytes of text shown behind a pointer


class Shower:
    """Makes text of values; `read(address, size)` reads memory 0."""

    def __init__(self, read: Read) -> None:
        self.read = read

    def data(self, held: Held) -> bytes:
        """The bytes of a value, wherever it is."""
        return held.bytes(self.read)

    def show(self, held: Held, depth: int = 0) -> str:
        """The value on one line."""
        type_ = kinds.bare(held.type)
        if type_.kind == "record":
            return self._record(type_, held, depth)
        if type_.kind == "array":
            return self._array(type_, held, depth)
        if type_.kind in ("void", "function"):
            return f"{{{kinds.spelled(type_)}}}" + (
                f" {held.address:#x}" if held.address is not None else "")
        data = held.bytes(self.read)
        if held.bits:
            data = _field(data, held.bit, held.bits, type_)
        return self.scalar(type_, data)

    def scalar(self, type_: Type, data: bytes) -> str:
        """A number, character, enumerator or pointer."""
        if type_.kind == "pointer":
            return self._pointer(type_, int.from_bytes(data, "little"))
        if type_.kind == "enum":
            return _enumerator(type_, data)
        if type_.encoding == "float":
            return _float(data)
        if type_.encoding == "bool":
            return {0: "false", 1: "true"}.get(int.from_bytes(data, "little"), "true")
        value = integer(type_, data)
        if type_.encoding in ("char", "uchar") and type_.size == 1:
            return f"{value} {character(value & 0xFF)}"
        if type_.encoding == "utf":
            return f"{value} '{chr(value)}'" if value < 0x110000 and chr(value).isprintable() \
                else f"{value}"
        return str(value)

    def _pointer(self, type_: Type, address: int) -> str:
        to = kinds.bare(kinds.target(type_))
        if to.kind == "base" and to.encoding in ("char", "uchar") and to.size == 1 and address:
            return f"{address:#x} {self.text(address)}".rstrip()
        return f"{address:#x}"

    def text(self, address: int) -> str:
        """A preview of a C string; '' where there is no memory."""
        for size in (_TEXT + 1, 16, 1):
            try:
                data = self.read(address, size)
            except CommandError:
                continue
            text, nul, _ = data.partition(b"\0")
            return quoted(text[:_TEXT]) + ("" if nul else "…")
        return ""

    def _record(self, type_: Type, held: Held, depth: int) -> str:
        special = self._of_rust(held, depth)
        if special is not None or depth >= _DEEPEST:
            return special or "{…}"
        found = kinds.members(type_)
        if not found:
            return "{}" if type_.size else "<incomplete type>"
        parts = []
        for member in found[:_ITEMS]:
            name = f"<{kinds.spelled(member.type)}>" if member.base else member.name
            text = self.show(held.member(member), depth + 1)
            parts.append(f"{name} = {text}" if name else text)
        more = ", …" if len(found) > _ITEMS else ""
        return f"{{{', '.join(parts)}{more}}}"

    def _of_rust(self, held: Held, depth: int) -> str | None:
        """An enum as the variant that it is, a slice as its elements, a text as one."""
        several = rust.sequence(held, self.read)
        if several is not None:
            there = Held(kinds.array_of(several.element, several.count), several.address)
            return self._characters(there, several.count) if several.text \
                else self.show(there, depth + 1)
        variant = rust.active(held, self.read)
        if variant is None:
            return None
        if not kinds.members(kinds.bare(variant.type)):
            return variant.name
        return f"{variant.name} {self.show(held.member(variant), depth + 1)}"

    def _array(self, type_: Type, held: Held, depth: int) -> str:
        count = max(0, type_.counts[0])
        inner = kinds.bare(kinds.target(type_))
        if inner.kind == "base" and inner.size == 1 and inner.encoding in ("char", "uchar") \
                and "char" in inner.name and inner.encoding == "char":
            return self._characters(held, count)
        if depth >= _DEEPEST:
            return "{…}"
        shown = [self.show(held.item(i), depth + 1) for i in range(min(count, _ITEMS))]
        return f"{{{', '.join(_merged(shown))}{', …' if count > _ITEMS else ''}}}"

    def _characters(self, held: Held, count: int) -> str:
        size = min(count, _TEXT)
        data = self.read(held.address, size) if held.address is not None \
            else held.data[:size]
        text = data.rstrip(b"\0")
        return quoted(text) + ("…" if count > _TEXT else "")


def _merged(texts: list[str]) -> list[str]:
    """`0, 0, 0, 0` as `0 <repeats 4 times>`, as gdb has it."""
    found: list[str] = []
    at = 0
    while at < len(texts):
        same = at
        while same < len(texts) and texts[same] == texts[at]:
            same += 1
        times = same - at
        found += [f"{texts[at]} <repeats {times} times>"] if times >= 5 else texts[at:same]
        at = same
    return found


def _field(data: bytes, bit: int, bits: int, type_: Type) -> bytes:
    """A bit field's value, in as many bytes as its type has."""
    value = int.from_bytes(data, "little") >> bit & (1 << bits) - 1
    if type_.encoding in ("int", "char") and value >> (bits - 1):
        value -= 1 << bits
    size = max(1, type_.size)
    return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def integer(type_: Type, data: bytes) -> int:
    """The number that the bytes of an integer, enumeration or pointer are."""
    return int.from_bytes(data, "little", signed=type_.encoding in ("int", "char"))


def _enumerator(type_: Type, data: bytes) -> str:
    names = kinds.enumerators(type_)
    for signed in (True, False):
        value = int.from_bytes(data, "little", signed=signed)
        if value in names:
            return names[value]
    flags = [name for bit, name in names.items() if bit > 0 and bit & value == bit]
    rest = value
    for bit, name in names.items():
        if name in flags:
            rest &= ~bit
    return f"({' | '.join([*flags, *([str(rest)] if rest or not flags else [])])})"


def _float(data: bytes) -> str:
    code = {4: "<f", 8: "<d"}.get(len(data))
    if code is None:
        return _quad(data) if len(data) == 16 else f"0x{data[::-1].hex()}"
    value, = struct.unpack(code, data)
    if len(data) == 4:          # the shortest decimal that means this single
        for digits in range(6, 10):
            text = f"{value:.{digits}g}"
            if struct.pack("<f", float(text)) == data or value != value:
                return text
    return repr(value).removesuffix(".0")


def _quad(data: bytes) -> str:
    """A long double (IEEE 754 binary128), as the nearest double."""
    bits = int.from_bytes(data, "little")
    sign, exponent, fraction = bits >> 127, bits >> 112 & 0x7FFF, bits & (1 << 112) - 1
    if exponent == 0x7FFF:
        return "nan" if fraction else "-inf" if sign else "inf"
    if not exponent and not fraction:
        return "-0" if sign else "0"
    try:
        value = (1 + fraction / 2**112) * 2.0 ** (exponent - 16383)
    except OverflowError:
        return f"0x{bits:032x}"
    return repr(-value if sign else value).removesuffix(".0")


def character(byte: int) -> str:
    """`'a'` or `'\\012'`."""
    return f"'{chr(byte)}'" if 32 <= byte < 127 and byte not in (39, 92) else \
        f"'\\{chr(byte)}'" if byte in (39, 92) else f"'\\{byte:03o}'"


def quoted(data: bytes) -> str:
    """Text as a C string, with what can't be printed escaped."""
    text = data.decode("utf-8", "backslashreplace")
    for char, escape in (('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(char, escape)
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text) + '"'
