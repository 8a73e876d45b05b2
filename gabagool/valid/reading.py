"""Reading the immediates of the instructions of a body under validation (spec §5.4)."""

from __future__ import annotations

from gabagool.binary.reader import Reader
from gabagool.errors import MalformedError, ValidationError
from gabagool.types import FuncType, ValType
from gabagool.valid.const import check_valtype
from gabagool.valid.context import Context

_MEMARG_LIMIT = 0x80
_MEMARG_HAS_INDEX = 0x40


class Reading:
    """A place in a body, and the context that what is read there belongs to.

    `at` is the offset of the next byte to read, `opcode_at` that of the instruction in hand.
    """

    def __init__(self, context: Context, start: int, end: int) -> None:
        self.context = context
        self.data = context.module.source
        self.reader = Reader(self.data, start, end)
        self.end = end
        self.at = self.opcode_at = start

    # -- errors ------------------------------------------------------------------------------

    def invalid(self, message: str, at: int | None = None) -> ValidationError:
        return ValidationError(message, self.opcode_at if at is None else at)

    def unknown_local(self, index: int, at: int) -> None:
        raise ValidationError(f"unknown local {index}", at)

    def check_type(self, t: ValType, at: int | None = None) -> None:
        try:
            check_valtype(t, len(self.context.types))
        except ValidationError as error:
            raise self.invalid(error.message, at) from None

    # -- immediates --------------------------------------------------------------------------

    def u32(self) -> int:
        byte = self.data[self.at]
        if byte < 0x80:
            self.at += 1
            return byte
        self.reader.pos = self.at
        value = self.reader.u32()
        self.at = self.reader.pos
        return value

    def index(self, space: str, size: int) -> int:
        """An index into a space of `size` entries."""
        value = self.u32()
        if value >= size:
            raise self.invalid(f"unknown {space} {value}")
        return value

    def functype_at(self, typeidx: int) -> FuncType:
        """The function type of an index."""
        types = self.context.types
        if typeidx >= len(types):
            raise self.invalid(f"unknown type {typeidx}")
        found = types[typeidx]
        if not isinstance(found, FuncType):
            raise self.invalid(f"type mismatch: type {typeidx} is not a function type")
        return found

    def check_data(self, index: int) -> None:
        if self.context.datas is None:
            raise MalformedError("data count section required", self.opcode_at)
        if index >= self.context.datas:
            raise self.invalid(f"unknown data segment {index}")

    def check_elem(self, index: int) -> None:
        if index >= len(self.context.elems):
            raise self.invalid(f"unknown elem segment {index}")

    def memidx(self) -> int:
        return self.index("memory", len(self.context.mems))

    def is_plain(self, memory: int) -> bool:
        """Whether plain forms serve: they know memory 0 and 32-bit addresses."""
        return not memory and not self.context.mems[0].is64

    def memarg(self, align_bits: int, at: int) -> tuple[int, int, int]:
        """(memory, offset, next position) of a memory argument; spec §5.4.6, §3.4.7."""
        reader = self.reader
        reader.pos = at
        flags = reader.u32()
        if flags >= _MEMARG_LIMIT:
            raise MalformedError("malformed memop flags", at)
        memory = reader.u32() if flags & _MEMARG_HAS_INDEX else 0
        if memory >= len(self.context.mems):
            raise self.invalid(f"unknown memory {memory}")
        if flags & ~_MEMARG_HAS_INDEX >= align_bits:
            raise self.invalid("alignment must not be larger than natural", at - 1)
        offset = reader.u64()
        if offset >= 1 << 32 and not self.context.mems[memory].is64:
            raise self.invalid("offset out of range", at - 1)
        return memory, offset, reader.pos
