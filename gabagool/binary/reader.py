"""A checked cursor over the binary format: integers, names and types (spec §5.2, §5.3).

Reads are checked against the end of the source. `end` is where the enclosing section should end:
the grammar compares a section's size with its contents after the contents were read (§5.5.2), and
so do the decoders here, which keeps the one-byte path of every LEB128 a single comparison.
"""

from __future__ import annotations

from gabagool.binary.scanner import Scanner
from gabagool.errors import MalformedError
from gabagool.types import (
    ABSTRACT,
    I8,
    I16,
    NUMTYPES,
    V128,
    ArrayType,
    CompType,
    FieldType,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    RecType,
    StructType,
    SubType,
    TableType,
    ValType,
    concrete,
    reftype,
)

# Value types of one byte (§5.3.1 to §5.3.4).
_REFTYPES: dict[int, ValType] = {heap: reftype(True, heap) for heap in ABSTRACT}
_TYPED = {0x63: True, 0x64: False}       # a heap type follows; whether it is nullable
_VALTYPES: dict[int, ValType] = {**{t: t for t in NUMTYPES}, V128: V128, **_REFTYPES}
_EMPTY_BLOCK = 0x40
BLOCKTYPES = {_EMPTY_BLOCK: FuncType(), **{c: FuncType((), (t,)) for c, t in _VALTYPES.items()}}
_PACKED = (I8, I16)
# Forms of types (§5.3.5 to §5.3.7).
_FUNC_FORM, _STRUCT_FORM, _ARRAY_FORM = 0x60, 0x5F, 0x5E
_SUB_FORM, _SUB_FINAL_FORM, _REC_FORM = 0x50, 0x4F, 0x4E
_HAS_MAX = 0x01
_IS_64 = 0x04


class Reader:
    """A cursor at `pos` in `source`; every error carries its byte offset. `scanner`, if there is
    one, reads long vectors."""

    __slots__ = ("end", "pos", "scanner", "source")

    def __init__(self, source: bytes, pos: int = 0, end: int | None = None,
                 scanner: Scanner | None = None) -> None:
        self.source = source
        self.scanner = scanner
        self.pos = pos
        self.end = len(source) if end is None else end

    def error(self, message: str, offset: int | None = None) -> MalformedError:
        return MalformedError(message, self.pos if offset is None else offset)

    def unexpected_end(self) -> MalformedError:
        return MalformedError("unexpected end of section or function", len(self.source))

    # Bytes and integers (§5.2.1, §5.2.2)

    def u8(self) -> int:
        pos = self.pos
        try:
            byte = self.source[pos]
        except IndexError:
            raise self.unexpected_end() from None
        self.pos = pos + 1
        return byte

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self.pos
        if count > len(self.source) - start:
            raise self.unexpected_end()
        self.pos = start + count
        return self.source[start:self.pos]

    def u32(self) -> int:
        pos = self.pos
        try:
            byte = self.source[pos]
        except IndexError:
            raise self.unexpected_end() from None
        if byte < 0x80:
            self.pos = pos + 1
            return byte
        return self._unsigned(32)

    def u64(self) -> int:
        return self._unsigned(64)

    def s32(self) -> int:
        return self._signed(32)

    def s33(self) -> int:
        return self._signed(33)

    def s64(self) -> int:
        return self._signed(64)

    def f32(self) -> int:
        """The bits of a float: a Python float would not keep an f32 NaN's payload."""
        return int.from_bytes(self.take(4), "little")

    def f64(self) -> int:
        """The bits of a float."""
        return int.from_bytes(self.take(8), "little")

    def v128(self) -> int:
        return int.from_bytes(self.take(16), "little")

    def _unsigned(self, bits: int) -> int:
        start = self.pos
        value, _ = self._septets(bits)
        if value >> bits:
            raise self.error("integer too large", start)
        return value

    def _signed(self, bits: int) -> int:
        start = self.pos
        value, width = self._septets(bits)
        if value >> (width - 1):
            value -= 1 << width
        limit = 1 << (bits - 1)
        if not -limit <= value < limit:
            raise self.error("integer too large", start)
        return value

    def _septets(self, bits: int) -> tuple[int, int]:
        """The raw value of a LEB128 and its width in bits, 7 a byte."""
        source, pos = self.source, self.pos
        value = shift = 0
        try:
            while (byte := source[pos]) >= 0x80:
                value |= (byte & 0x7F) << shift
                shift += 7
                if shift >= bits:
                    raise self.error("integer representation too long")
                pos += 1
        except IndexError:
            raise self.unexpected_end() from None
        self.pos = pos + 1
        return value | byte << shift, shift + 7

    def length(self) -> int:
        """A byte count that the rest of the source can satisfy."""
        start = self.pos
        count = self.u32()
        if count > len(self.source) - self.pos:
            raise self.error("length out of bounds", start)
        return count

    def span(self) -> tuple[int, int]:
        """Start and end of a `vec(byte)` (§5.1.3), without copying it."""
        count = self.u32()
        start = self.pos
        if count > len(self.source) - start:
            raise self.unexpected_end()
        self.pos = start + count
        return start, self.pos

    def name(self) -> str:
        """A name (§5.2.4). Python's UTF-8 is exactly the spec's: no surrogates, no overlong."""
        count = self.length()
        start = self.pos
        self.pos = start + count
        try:
            return self.source[start:self.pos].decode()
        except UnicodeDecodeError as error:
            raise self.error("malformed UTF-8 encoding", start + error.start) from None

    # Types (§5.3)

    def _unknown_type(self, code: int, what: str) -> MalformedError:
        return self.error(f"malformed {what} type 0x{code:02x}", self.pos - 1)

    def valtype(self) -> ValType:
        code = self.u8()
        t = _VALTYPES.get(code)
        if t is None:
            if code in _TYPED:
                return reftype(_TYPED[code], self.heaptype())
            raise self._unknown_type(code, "value")
        return t

    def reftype(self) -> ValType:
        code = self.u8()
        t = _REFTYPES.get(code)
        if t is None:
            if code in _TYPED:
                return reftype(_TYPED[code], self.heaptype())
            raise self._malformed_reftype(code)
        return t

    def _malformed_reftype(self, code: int) -> MalformedError:
        return self.error(f"malformed reference type: 0x{code:02x}", self.pos - 1)

    def heaptype(self) -> int:
        """A heap type as in `gabagool.types`: an abstract code, or `concrete(typeidx)`."""
        start = self.pos
        code = self.u8()
        if code in _REFTYPES:
            return code
        self.pos = start
        typeidx = self.s33()
        if typeidx < 0:
            self.pos = start + 1
            raise self._malformed_reftype(code)
        return concrete(typeidx)

    def valtypes(self) -> tuple[ValType, ...]:
        return tuple([self.valtype() for _ in range(self.u32())])

    def rectype(self) -> RecType:
        """A recursion group (§5.3.7); a type that stands alone is a group of its own."""
        if self.source[self.pos:self.pos + 1] != bytes([_REC_FORM]):
            return (self.subtype(),)
        self.pos += 1
        return tuple([self.subtype() for _ in range(self.u32())])

    def subtype(self) -> SubType:
        form = self.u8()
        if form not in (_SUB_FORM, _SUB_FINAL_FORM):
            return SubType(self._comptype(form))
        supers = tuple([self.u32() for _ in range(self.u32())])
        return SubType(self._comptype(self.u8()), supers, form == _SUB_FINAL_FORM)

    def _comptype(self, form: int) -> CompType:
        """What follows a form that was just read."""
        start = self.pos - 1
        if form & 0x80:                 # type forms are numbered as signed 7-bit integers
            raise self.error("integer representation too long", start)
        if form == _FUNC_FORM:
            return FuncType(self.valtypes(), self.valtypes())
        if form == _STRUCT_FORM:
            return StructType(tuple([self._fieldtype() for _ in range(self.u32())]))
        if form == _ARRAY_FORM:
            return ArrayType(self._fieldtype())
        raise self.error(f"malformed definition type: form 0x{form:02x}", start)

    def _fieldtype(self) -> FieldType:
        code = self.source[self.pos:self.pos + 1]
        if code and code[0] in _PACKED:
            self.pos += 1
            return FieldType(code[0], self._mutability())
        return FieldType(self.valtype(), self._mutability())

    def _mutability(self) -> bool:
        flag = self.u8()
        if flag > 1:
            raise self.error("malformed mutability", self.pos - 1)
        return flag == 1

    def blocktype(self) -> int | FuncType:
        """A block type (§5.4.1): a type index, or the function type of the shorthand."""
        start = self.pos
        code = self.u8()
        shorthand = BLOCKTYPES.get(code)
        if shorthand is not None:
            return shorthand
        self.pos = start
        if code in _TYPED:
            return FuncType((), (self.valtype(),))
        typeidx = self.s33()
        if typeidx < 0:
            self.pos = start + 1
            raise self._unknown_type(code, "block")
        return typeidx

    def limits(self) -> tuple[Limits, bool]:
        """Limits, and whether addresses are 64-bit (§5.3.9). The numbers are u64 either way."""
        flags = self.u8()
        if flags & ~(_HAS_MAX | _IS_64):
            raise self.error(f"malformed limits flags 0x{flags:02x}", self.pos - 1)
        limits = Limits(self.u64(), self.u64() if flags & _HAS_MAX else None)
        return limits, bool(flags & _IS_64)

    def memtype(self) -> MemType:
        return MemType(*self.limits())

    def tabletype(self) -> TableType:
        return TableType(self.reftype(), *self.limits())

    def globaltype(self) -> GlobalType:
        return GlobalType(self.valtype(), self._mutability())
