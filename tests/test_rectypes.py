"""Recursive types: interning against the definition of equality, and subtyping (spec §3.3)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gabagool.rectypes import Hierarchy, Types, closed_comp
from gabagool.types import (
    ABSTRACT,
    ANY,
    ARRAY,
    BOTTOM,
    EQ,
    EXN,
    EXTERN,
    FUNC,
    I8,
    I16,
    I31,
    I32,
    I64,
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
    is_ref,
    reftype,
    valtype_name,
)

Recs = list[RecType]

# whatever else the machine does
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def modules(draw: st.DrawFn, groups: int = 5) -> Recs:
    """Recursion groups of few, similar types, so that equal ones are frequent."""
    recs: Recs = []
    first = 0
    for _ in range(draw(st.integers(1, groups))):
        size = draw(st.integers(0, 3))
        values = st.one_of(
            st.sampled_from((I32, I64)),
            st.builds(lambda null, i: reftype(null, concrete(i)), st.booleans(),
                      st.integers(0, first + size - 1)) if first + size else st.just(I32))
        fields = st.builds(FieldType, st.one_of(values, st.just(I8)), st.booleans())
        comps = st.one_of(
            st.builds(FuncType, st.tuples(values), st.tuples(values)),
            st.builds(lambda f: StructType(tuple(f)), st.lists(fields, max_size=2)),
            st.builds(ArrayType, fields))
        recs.append(tuple(
            SubType(draw(comps), draw(_supers(first + i)), draw(st.booleans()))
            for i in range(size)))
        first += size
    return recs


def _supers(index: int) -> st.SearchStrategy[tuple[int, ...]]:
    none: st.SearchStrategy[tuple[int, ...]] = st.just(())
    return st.one_of(none, st.tuples(st.integers(0, index - 1))) if index else none


class Oracle:
    """Equality as the spec defines it, by looking: groups of the same shape whose references lead
    to the same positions within, and to equal types outside."""

    def __init__(self, recs: Recs) -> None:
        self.types = [t for group in recs for t in group]
        self.place = [(group, i, first)
                      for first, group in _firsts(recs) for i in range(len(group))]

    def same(self, i: int, other: Oracle, j: int) -> bool:
        (group, at, first), (group2, at2, first2) = self.place[i], other.place[j]
        return at == at2 and len(group) == len(group2) and all(
            self._same_subtype(t, first, t2, first2, len(group), other)
            for t, t2 in zip(group, group2, strict=True))

    def _same_subtype(self, t: SubType, first: int, t2: SubType, first2: int, size: int,
                      other: Oracle) -> bool:
        def same(a: int, b: int) -> bool:
            if a >= first or b >= first2:
                return a - first == b - first2
            return self.same(a, other, b)

        marks, marks2 = _shape(t), _shape(t2)
        return marks[0] == marks2[0] and all(map(same, marks[1], marks2[1]))

    def below(self, i: int, j: int) -> bool:
        while not self.same(i, self, j):
            if not self.types[i].supers:
                return False
            i = self.types[i].supers[0]
        return True


def _firsts(recs: Recs) -> list[tuple[int, RecType]]:
    result, first = [], 0
    for group in recs:
        result.append((first, group))
        first += len(group)
    return result


def _shape(t: SubType) -> tuple[object, list[int]]:
    """A type with zeros for indices, and the indices in order."""
    found: list[int] = list(t.supers)

    def visit(v: ValType) -> ValType:
        index = concrete_index(heap_of(v)) if is_ref(v) else None
        if index is None:
            return v
        found.append(index)
        return v & 0x3FF

    if isinstance(t.comp, FuncType):
        parts: object = ("func", [[visit(v) for v in p] for p in (t.comp.params, t.comp.results)])
    else:
        fields = t.comp.fields if isinstance(t.comp, StructType) else (t.comp.field,)
        parts = (type(t.comp), [(visit(f.storage), f.mutable) for f in fields])
    return (len(t.supers), t.final, parts), found


@unhurried
@given(modules(), modules(3))
def test_equal_types_and_no_others_get_the_same_number(one: Recs, two: Recs) -> None:
    hierarchy = Hierarchy()
    oracles = Oracle(one), Oracle(two)
    ids = hierarchy.intern_all(one), hierarchy.intern_all(two)
    for a, b in product((0, 1), (0, 1)):
        for i, j in product(range(len(ids[a])), range(len(ids[b]))):
            assert (ids[a][i] == ids[b][j]) == oracles[a].same(i, oracles[b], j)


@unhurried
@given(modules(3), modules(4))
def test_numbers_do_not_depend_on_where_a_module_puts_its_types(before: Recs, recs: Recs) -> None:
    """Equal up to renaming: the same groups behind others, with every index moved."""
    count = sum(map(len, before))
    moved = [tuple(SubType(closed_comp(t.comp, range(count, 1000)),
                           tuple(i + count for i in t.supers), t.final) for t in group)
             for group in recs]
    hierarchy = Hierarchy()
    assert hierarchy.intern_all(recs) == hierarchy.intern_all([*before, *moved])[count:]


@unhurried
@given(modules())
def test_below_is_a_walk_up_the_supertypes(recs: Recs) -> None:
    types, oracle = Types.of(recs), Oracle(recs)
    for i, j in product(range(len(types.ids)), repeat=2):
        assert types.hierarchy.is_below(types.ids[i], types.ids[j]) == oracle.below(i, j)
        sub, sup = reftype(False, concrete(i)), reftype(True, concrete(j))
        assert types.matches(sub, sup) == oracle.below(i, j)


@unhurried
@given(modules())
def test_interning_again_adds_nothing(recs: Recs) -> None:
    hierarchy = Hierarchy()
    ids = hierarchy.intern_all(recs)
    count = len(hierarchy.types)
    assert hierarchy.intern_all(recs) == ids and len(hierarchy.types) == count
    assert sorted(set(ids)) == list(range(count))


def test_a_group_is_equal_as_a_whole_only() -> None:
    func, struct = SubType(FuncType()), SubType(StructType())
    ids = Hierarchy().intern_all([(func,), (func, struct), (struct,), (func, struct), (func,)])
    assert ids == [0, 1, 2, 3, 1, 2, 0]


def test_a_type_that_names_itself_is_another_than_one_that_names_it() -> None:
    itself = (SubType(FuncType((reftype(True, concrete(0)),))),)
    ids = Hierarchy().intern_all([itself, itself[:0], itself])
    assert ids == [0, 1]
    own = (SubType(FuncType((reftype(True, concrete(2)),))),)
    assert Hierarchy().intern_all([itself, itself, own]) == [0, 1, 0]


# -- abstract heap types ------------------------------------------------------------------------

_HIERARCHIES = [
    {NONE: (I31, STRUCT, ARRAY, EQ, ANY), I31: (EQ, ANY), STRUCT: (EQ, ANY), ARRAY: (EQ, ANY),
     EQ: (ANY,), ANY: ()},
    {NOFUNC: (FUNC,), FUNC: ()}, {NOEXTERN: (EXTERN,), EXTERN: ()}, {NOEXN: (EXN,), EXN: ()}]
_EMPTY = Types.of([])
_THREE = Types.of([(SubType(FuncType()),), (SubType(StructType()),),
                   (SubType(ArrayType(FieldType(I16))),)])


@pytest.mark.parametrize(("sub", "sup"), list(product(ABSTRACT, ABSTRACT)))
def test_abstract_types(sub: int, sup: int) -> None:
    above = next(h[sub] for h in _HIERARCHIES if sub in h)
    assert _EMPTY.heap_matches(sub, sup) == (sup == sub or sup in above)
    assert _EMPTY.heap_matches(BOTTOM, sup)
    assert _EMPTY.top(reftype(True, sub)) == next(
        top for h in _HIERARCHIES if sub in h for top in h if not h[top])


@pytest.mark.parametrize(("index", "above", "bottom"), [
    (0, (FUNC,), NOFUNC), (1, (STRUCT, EQ, ANY), NONE), (2, (ARRAY, EQ, ANY), NONE)])
def test_defined_types_among_abstract_ones(index: int, above: tuple[int, ...],
                                           bottom: int) -> None:
    own = concrete(index)
    for heap in ABSTRACT:
        assert _THREE.heap_matches(own, heap) == (heap in above)
        assert _THREE.heap_matches(heap, own) == (heap == bottom)


def test_null_fits_only_where_it_may_be() -> None:
    some, maybe = reftype(False, EQ), reftype(True, EQ)
    assert _EMPTY.matches(some, maybe) and not _EMPTY.matches(maybe, some)
    assert not _EMPTY.matches(I32, maybe) and not _EMPTY.matches(some, I32)


# -- composite types ----------------------------------------------------------------------------

_EQREF, _ANYREF = reftype(True, EQ), reftype(True, ANY)


@pytest.mark.parametrize(("sub", "sup", "fits"), [
    (FuncType((_ANYREF,), (_EQREF,)), FuncType((_EQREF,), (_ANYREF,)), True),
    (FuncType((_EQREF,)), FuncType((_ANYREF,)), False),
    (FuncType((), (_ANYREF,)), FuncType((), (_EQREF,)), False),
    (FuncType((I32,)), FuncType(), False),
    (StructType((FieldType(_EQREF), FieldType(I32))), StructType((FieldType(_ANYREF),)), True),
    (StructType((FieldType(_EQREF, True),)), StructType((FieldType(_ANYREF, True),)), False),
    (StructType((FieldType(_ANYREF, True),)), StructType((FieldType(_ANYREF, True),)), True),
    (StructType((FieldType(_ANYREF, True),)), StructType((FieldType(_ANYREF),)), False),
    (StructType(), StructType((FieldType(I32),)), False),
    (ArrayType(FieldType(I8)), ArrayType(FieldType(I16)), False),
    (ArrayType(FieldType(I8)), ArrayType(FieldType(I8)), True),
    (ArrayType(FieldType(I32)), StructType((FieldType(I32),)), False),
])
def test_composite_types(sub: CompType, sup: CompType, fits: bool) -> None:
    assert _EMPTY.comp_matches(sub, sup) == fits


def test_names() -> None:
    assert [valtype_name(reftype(True, heap)) for heap in (ANY, NONE, NOFUNC, EXN, NOEXN)] == [
        "anyref", "nullref", "nullfuncref", "exnref", "nullexnref"]
    assert valtype_name(reftype(False, I31)) == "(ref i31)"
    group = SubType(StructType((FieldType(I8, True), FieldType(_EQREF))), (3,), False)
    assert str(group) == "(sub 3 (struct (field (mut i8)) (field eqref)))"
