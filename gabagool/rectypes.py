"""Recursive types: equality, and the subtyping built on it (spec §3.1.2, §3.3).

Types are iso-recursive: two recursion groups are the same when they have the same shape, with
references into the group itself by position. A `Hierarchy` interns whole groups, so that equal
types get equal numbers, and keeps for every type its supertypes from the root down: "is it below"
is one look at a fixed place.
"""

from __future__ import annotations

from collections.abc import Sequence

from gabagool.records import dataclass
from gabagool.types import (
    ANY,
    ARRAY,
    BOTTOM,
    EQ,
    EXN,
    EXTERN,
    FUNC,
    I31,
    NOEXN,
    NOEXTERN,
    NOFUNC,
    NONE,
    STRUCT,
    ArrayType,
    CompType,
    FieldType,
    FuncType,
    RecType,
    StructType,
    SubType,
    ValType,
    concrete,
    concrete_index,
    heap_of,
    is_nullable,
    is_ref,
    reftype,
)

MAX_DEPTH = 63                # of supertypes above a type, as in other engines
_WITHIN = 1 << 40             # plus a position: a type of the group itself, while it is interned

_DEFINED = reftype(False, concrete(0))        # value types from here on name a defined type

# What each abstract heap type is below (§3.3.3).
_ABOVE = {NOFUNC: (FUNC,), NOEXTERN: (EXTERN,), NOEXN: (EXN,), EQ: (ANY,), I31: (EQ, ANY),
          STRUCT: (EQ, ANY), ARRAY: (EQ, ANY), NONE: (I31, STRUCT, ARRAY, EQ, ANY)}
_TOP = {heap: above[-1] for heap, above in _ABOVE.items()}
_BOTTOMS = {FUNC: NOFUNC, STRUCT: NONE, ARRAY: NONE}


def kind_of(comp: CompType) -> int:
    """The abstract heap type right above a defined type: FUNC, STRUCT or ARRAY."""
    if isinstance(comp, FuncType):
        return FUNC
    return STRUCT if isinstance(comp, StructType) else ARRAY


# -- types with other numbers in place of their indices -----------------------------------------

def closed(t: ValType, ids: Sequence[int]) -> ValType:
    """The type with `ids[i]` for type index i."""
    if t < _DEFINED:
        return t
    index = concrete_index(heap_of(t))
    assert index is not None
    return reftype(is_nullable(t), concrete(ids[index]))


def closed_functype(t: FuncType, ids: Sequence[int]) -> FuncType:
    if max((*t.params, *t.results), default=0) < _DEFINED:
        return t
    return FuncType(tuple([closed(v, ids) for v in t.params]),
                    tuple([closed(v, ids) for v in t.results]))


def closed_comp(t: CompType, ids: Sequence[int]) -> CompType:
    if isinstance(t, FuncType):
        return closed_functype(t, ids)
    if isinstance(t, StructType):
        return StructType(tuple([_closed_field(f, ids) for f in t.fields]))
    return ArrayType(_closed_field(t.field, ids))


def _closed_field(t: FieldType, ids: Sequence[int]) -> FieldType:
    return t if t.storage < _DEFINED else FieldType(closed(t.storage, ids), t.mutable)


def _closed_subtype(t: SubType, ids: Sequence[int]) -> SubType:
    comp = closed_comp(t.comp, ids)
    if comp is t.comp and not t.supers:
        return t
    return SubType(comp, tuple([ids[i] for i in t.supers]), t.final)


class _Opened(Sequence[int]):
    """Gives positions within a group the numbers from `first` on; other numbers stay."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __getitem__(self, i: int) -> int:  # type: ignore[override]
        return self._first + i - _WITHIN if i >= _WITHIN else i

    def __len__(self) -> int:
        return 2 * _WITHIN


# -- interning ----------------------------------------------------------------------------------

class Hierarchy:
    """Interned types by number, each with its supertypes.

    `types[id]` names other types by such numbers; `displays[id]` are the numbers of its supertypes
    from the root down to itself.
    """

    def __init__(self) -> None:
        self.types: list[SubType] = []
        self.displays: list[tuple[int, ...]] = []
        self._groups: dict[RecType, int] = {}

    def intern(self, group: RecType) -> int:
        """The number of a group's first type; the others follow.

        The group names types outside it by their numbers, its own by _WITHIN + position.
        """
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = len(self.types)
            opened = _Opened(found)
            for t in group:
                self._add(_closed_subtype(t, opened))
        return found

    def _add(self, t: SubType) -> None:
        above = self.displays[t.supers[0]] if t.supers else ()
        self.types.append(t)
        self.displays.append((*above, len(self.displays)))

    def intern_all(self, recs: Sequence[RecType]) -> list[int]:
        """The number of each type of a (valid) module."""
        ids: list[int] = []
        for group in recs:
            before, size = len(ids), len(group)
            ids.extend(range(_WITHIN, _WITHIN + size))
            first = self.intern(tuple([_closed_subtype(t, ids) for t in group]))
            ids[before:] = range(first, first + size)
        return ids

    def intern_functype(self, t: FuncType) -> int:
        """The number of a function type that stands alone and names types by their numbers."""
        return self.intern((SubType(t),))

    def is_below(self, have: int, want: int) -> bool:
        """Whether a type is another or declared below it."""
        display, depth = self.displays[have], len(self.displays[want]) - 1
        return depth < len(display) and display[depth] == want

    def kind(self, number: int) -> int:
        return kind_of(self.types[number].comp)

    def functype(self, number: int) -> FuncType:
        """The function type of that number."""
        comp = self.types[number].comp
        assert isinstance(comp, FuncType)
        return comp


# -- matching (§3.3) ----------------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class Types:
    """The types that type indices mean: `ids` are their numbers in a hierarchy."""

    hierarchy: Hierarchy
    ids: Sequence[int]

    @classmethod
    def of(cls, recs: Sequence[RecType]) -> Types:
        """Those of a module with these recursion groups."""
        hierarchy = Hierarchy()
        return cls(hierarchy, hierarchy.intern_all(recs))

    def matches(self, sub: ValType, sup: ValType) -> bool:
        """Whether a value of type `sub` may stand where `sup` is wanted."""
        if sub == sup:
            return True
        if not (is_ref(sub) and is_ref(sup)) or is_nullable(sub) > is_nullable(sup):
            return False
        return self.heap_matches(heap_of(sub), heap_of(sup))

    def heap_matches(self, sub: int, sup: int) -> bool:
        if sub in (sup, BOTTOM):
            return True
        have, want = concrete_index(sub), concrete_index(sup)
        if have is None:
            if want is None:
                return sup in _ABOVE.get(sub, ())
            return sub == _BOTTOMS[self.kind(want)]
        if want is None:
            kind = self.kind(have)
            return sup == kind or sup in _ABOVE.get(kind, ())
        return self.hierarchy.is_below(self.ids[have], self.ids[want])

    def all_match(self, subs: Sequence[ValType], sups: Sequence[ValType]) -> bool:
        """`matches` for whole results (§3.3.4)."""
        return len(subs) == len(sups) and all(
            self.matches(sub, sup) for sub, sup in zip(subs, sups, strict=True))

    def kind(self, index: int) -> int:
        """The abstract heap type right above a defined one."""
        return self.hierarchy.kind(self.ids[index])

    def top(self, t: ValType) -> int:
        """What a reference type is below of: FUNC, EXTERN, ANY or EXN."""
        index = concrete_index(heap_of(t))
        heap = heap_of(t) if index is None else self.kind(index)
        return _TOP.get(heap, heap)

    def is_func(self, t: ValType) -> bool:
        """Whether the references of this type are functions."""
        return is_ref(t) and self.top(t) == FUNC

    def field_matches(self, sub: FieldType, sup: FieldType) -> bool:
        """Fields (§3.3.8): what can be changed must be of the same type both ways."""
        if sub.mutable != sup.mutable or not self.matches(sub.storage, sup.storage):
            return False
        return not sub.mutable or self.matches(sup.storage, sub.storage)

    def comp_matches(self, sub: CompType, sup: CompType) -> bool:
        """Composite types (§3.3.9): more fields are fine, functions turn their parameters."""
        if isinstance(sub, FuncType) and isinstance(sup, FuncType):
            return (self.all_match(sup.params, sub.params)
                    and self.all_match(sub.results, sup.results))
        if isinstance(sub, StructType) and isinstance(sup, StructType):
            return len(sub.fields) >= len(sup.fields) and all(
                map(self.field_matches, sub.fields, sup.fields))
        if isinstance(sub, ArrayType) and isinstance(sup, ArrayType):
            return self.field_matches(sub.field, sup.field)
        return False
