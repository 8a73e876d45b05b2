"""A module ready to be instantiated: decoded, validated, bodies lowered when first needed."""

from __future__ import annotations

import gc
import struct
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property

from gabagool.binary.names import decode_names
from gabagool.binary.sections import decode
from gabagool.errors import ModuleError
from gabagool.isa import BY_NAME, FORMS
from gabagool.isa.control import BR_ENTRY, BR_ENTRY_SIZE
from gabagool.native.scanning import scanner
from gabagool.runtime.kept import Kept
from gabagool.runtime.keptcode import KeptCode, packed, tables_of, without_handlers
from gabagool.runtime.kepttables import read_tables
from gabagool.runtime.source import Source
from gabagool.syntax import Export, Module, Names
from gabagool.types import TagType, ValType
from gabagool.valid.body import lower
from gabagool.valid.context import Context
from gabagool.valid.lowered import SLOT, Lowered
from gabagool.valid.module import declared_funcs, validate_module
from gabagool.valid.operands import OperandTypes, operand_tops

_BR_TABLE = BY_NAME["br_table"].form.name


@contextmanager
def _no_collection() -> Iterator[None]:
    """What is made here lives long: looking for garbage among it takes time and finds none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Compiled:
    """`module` with what can be derived from it alone; shared by all its instances.

    Raises MalformedError or ValidationError. Bodies are checked when first called unless
    `validate_all` is called before.
    """

    def __init__(self, source: bytes | Source, known: bytes = b"") -> None:
        self._source = source if isinstance(source, Source) else Source(source, known=known)
        with _no_collection():
            kept = self._source.kept
            tables = read_tables(tables_of(kept)) if kept else {}
            data = self._source.data
            self.module: Module = decode(data, tables, scanner(len(data)))
        self._kept = Kept(self._source, self.module)
        if not self._kept.is_known:
            validate_module(self.module)
        self.context = Context.of(self.module, declared_funcs(self.module))
        self._lowered: dict[int, Lowered] = {}
        self._fresh: list[Lowered] = []
        # When nobody needs the module any more, or Python ends.
        weakref.finalize(self, self._kept.save, self._fresh)
        self._operands = OperandTypes(self.context)

    @property
    def hash(self) -> bytes:
        """SHA-256 of the binary: what snapshots and recordings name a module by."""
        return self._source.hash

    def batch(self) -> KeptCode | None:
        """What is lowered by now, in this run or an earlier one, to be threaded in one go."""
        if self._kept.code is not None:
            return self._kept.code
        fresh = without_handlers(self._fresh)
        return KeptCode(packed(fresh), self.module) if fresh else None

    @cached_property
    def exports(self) -> dict[str, Export]:
        return {export.name: export for export in self.module.exports}

    @cached_property
    def names(self) -> Names:
        return decode_names(self.module)

    def lowered(self, funcidx: int) -> Lowered:
        """The lowered body of a defined function, validated on first use."""
        found = self._lowered.get(funcidx)
        if found is None:
            found = self._kept.get(funcidx)
            if found is None:
                found = lower(self.context, funcidx)
                self._fresh.append(found)
            self._lowered[funcidx] = found
        return found

    def lower_ahead(self, funcidx: int, enough: Callable[[], bool]) -> None:
        """Lower what a call of a function is going to need, until there is something better to do.

        Breadth first along direct calls: of what that finds first, nine tenths are called. Where
        code was kept most of that is there already.
        """
        if self._kept.is_known:
            return
        imported = len(self.module.imported_funcs)
        queue, seen = deque([funcidx]), {funcidx}
        while queue and not enough():
            with suppress(ModuleError):         # reported if it is called
                calls = self.lowered(queue.popleft()).calls
                queue.extend(new := [f for f in dict.fromkeys(calls)
                                     if f >= imported and f not in seen])
                seen.update(new)

    def validate_all(self) -> None:
        """Validate (and lower) every body now."""
        first = len(self.module.imported_funcs)
        for funcidx in range(first, first + len(self.module.funcs)):
            if funcidx not in self._lowered:
                self._lowered[funcidx] = (self._kept.get(funcidx)
                                          or lower(self.context, funcidx))

    def operands(self, funcidx: int, offset: int) -> tuple[ValType, ...]:
        """Types of the operands at an instruction, bottom first."""
        return self._operands.at(funcidx, offset)

    def pushes(self, funcidx: int) -> Iterator[tuple[int, int, int]]:
        """Of each instruction that leaves operands, its module byte offset and the frame offsets
        [low, high) of what it may leave there: results, or values that a branch moves."""
        lowered = self.lowered(funcidx)
        offsets = sorted(set(lowered.offsets))
        tops = operand_tops(self.context, funcidx, offsets)
        for offset, top in zip(offsets, tops, strict=True):
            at = lowered.position_at(offset)
            assert at is not None
            form = FORMS[lowered.form_number(at)]
            fields = dict(zip((name for name, _ in form.fields),
                              struct.unpack_from(form.format, lowered.code, at)[1:], strict=True))
            if not form.steps:
                continue
            if "dst" in fields:
                yield offset, fields["dst"], fields["dst"] + SLOT * fields["n"]
            elif form.name == _BR_TABLE:
                for i in range(fields["count"] + 1):
                    _, n, _, dst = struct.unpack_from(
                        BR_ENTRY, lowered.code, at + fields["table"] + i * BR_ENTRY_SIZE)
                    yield offset, dst, dst + SLOT * n
            elif form.fields[:1] == (("slot", "slot"),) and fields["slot"] < top:
                yield offset, fields["slot"], top

    def func_name(self, funcidx: int) -> str | None:
        """The name section's name of a function, or what it is imported or exported as."""
        name = self.names.funcs.get(funcidx)
        if name is not None:
            return name
        if funcidx < len(self.module.imported_funcs):
            found = self.module.imported_funcs[funcidx]
            return f"{found.module}.{found.name}"
        return self._exported.get(funcidx)

    def tag_name(self, index: int) -> str:
        """The name section's name of a tag, or what it is imported or exported as, or its index."""
        imported = [f"{i.module}.{i.name}" for i in self.module.imports
                    if isinstance(i.desc, TagType)]
        known = {e.index: e.name for e in reversed(self.module.exports) if e.kind == "tag"}
        return {**known, **dict(enumerate(imported)), **self.names.tags}.get(index, f"tag[{index}]")

    @cached_property
    def _exported(self) -> dict[int, str]:
        return {e.index: e.name for e in reversed(self.module.exports) if e.kind == "func"}
