"""What a function body is validated against (spec §3.1.1): a module's index spaces, flattened."""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.records import dataclass
from gabagool.rectypes import Types
from gabagool.syntax import Module
from gabagool.types import (
    V128,
    CompType,
    FuncType,
    GlobalType,
    MemType,
    TableType,
    ValType,
)

# Parameters and results as they lie on the stack of types.
Signature = tuple[list[ValType], tuple[ValType, ...]]
_NO_TYPE = -3


def _signature(t: CompType) -> Signature:
    """The signature that the loop of `body` compares; one nothing matches if values are wide."""
    if not isinstance(t, FuncType) or V128 in (*t.params, *t.results):
        return [_NO_TYPE], ()
    return list(t.params), t.results


@dataclass(frozen=True, slots=True)
class Context:
    """The context C of the validation rules, for all bodies of a module."""

    module: Module
    types: tuple[CompType, ...]
    func_typeidxs: tuple[int, ...]
    globals: tuple[GlobalType, ...]
    tables: tuple[TableType, ...]
    mems: tuple[MemType, ...]
    elems: tuple[ValType, ...]
    datas: int | None
    tag_typeidxs: tuple[int, ...]
    refs: frozenset[int]
    space: Types
    signatures: tuple[Signature, ...]     # of functions

    def matches(self, sub: ValType, sup: ValType) -> bool:
        return self.space.matches(sub, sup)

    def all_match(self, subs: Sequence[ValType], sups: Sequence[ValType]) -> bool:
        return self.space.all_match(subs, sups)

    @classmethod
    def of(cls, module: Module, refs: frozenset[int]) -> Context:
        """`refs` are the functions that may be referred to (C.refs)."""
        signatures = [_signature(t) for t in module.types]
        return cls(module, module.types, module.func_typeidxs, module.global_types,
                   module.table_types, module.mem_types,
                   tuple(e.type for e in module.elems), module.data_count, module.tag_typeidxs,
                   refs, module.space, tuple([signatures[t] for t in module.func_typeidxs]))
