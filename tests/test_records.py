"""Classes completed late are what the standard library would have made at once."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest

from gabagool import records

OPTIONS: list[dict[str, Any]] = [
    {}, {"frozen": True}, {"slots": True}, {"frozen": True, "slots": True}, {"eq": False},
    {"order": True}, {"slots": True, "eq": False}, {"frozen": True, "slots": True, "order": True}]
Decorator = Callable[..., Any]
BOTH = (dataclasses.dataclass, records.dataclass)


def _point(decorate: Decorator, **options: Any) -> Any:
    @decorate(**options)
    class Point:
        """A place."""

        x: int
        y: int = 2
        names: list[str] = field(default_factory=list)
        seen: int = field(default=7, init=False, compare=False, repr=False)

        def __post_init__(self) -> None:
            assert self.seen == 7

        def total(self) -> int:
            return self.x + self.y

    return Point


def _facts(cls: Any) -> list[object]:
    one = cls(1)
    found: list[object] = [
        repr(one), one == cls(1, 2), one == cls(2), one.total(), str(inspect.signature(cls)),
        [(f.name, f.init, f.default is dataclasses.MISSING) for f in fields(cls)],
        cls.__doc__, cls.__match_args__, cls.__hash__ is None, repr(replace(one, y=9)),
        hasattr(one, "__dict__"), sorted(getattr(cls, "__slots__", ())), cls.__qualname__,
        dataclasses.asdict(one), copy.copy(one).y]
    try:
        one.other = 5
        found.append("taken")
    except (AttributeError, TypeError):     # the standard library has not made up its mind
        found.append("refused")
    for change in (lambda: setattr(one, "x", 5), lambda: delattr(one, "y"),
                   lambda: one < cls(3), lambda: cls(),
                   lambda: cls(1, z=3), lambda: cls(1, seen=3)):
        try:
            found.append(change())
        except (AttributeError, TypeError) as error:
            found.append((type(error), "slots" in str(error) or str(error)))
    return found


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_same_as_the_standard_library(options: dict[str, Any]) -> None:
    expected, found = (_facts(_point(decorate, **options)) for decorate in BOTH)
    assert found == expected


@pytest.mark.parametrize("first", [0, 1], ids=["base first", "derived first"])
def test_one_from_another(first: int) -> None:
    def family(decorate: Decorator) -> list[Any]:
        base = _point(decorate, slots=True)

        @decorate(slots=True)
        class Derived(base):  # type: ignore[misc, valid-type]
            z: float = 1.5

        return [base, Derived]

    results = []
    for decorate in BOTH:
        classes = family(decorate)
        order = classes if first == 0 else classes[::-1]
        results.append([repr(cls(4)) for cls in order] + [str(classes[1](4, z=2.5).z),
                                                          str(sorted(classes[1].__slots__))])
    assert results[0] == results[1]


def test_own_methods_stay() -> None:
    @records.dataclass(frozen=True)
    class Own:
        x: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 4

    assert (repr(Own(1)), Own(1) == Own(2), hash(Own(1))) == ("own", True, 4)


def test_fields_without_an_instance() -> None:
    cls = _point(records.dataclass, frozen=True, slots=True)
    assert [f.name for f in fields(cls)] == ["x", "y", "names", "seen"]
    with pytest.raises(FrozenInstanceError):
        cls(1).x = 3


@records.dataclass(frozen=True, slots=True)
class Global:
    x: int


def test_copies_of_frozen_ones() -> None:
    assert pickle.loads(pickle.dumps(Global(3))) == Global(3) == copy.deepcopy(Global(3))


def test_many_threads_make_the_first_one() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            cls = _point(records.dataclass, frozen=True, slots=True)
            made: list[Any] = []
            start = threading.Barrier(4)

            def make(cls: Any = cls, made: list[Any] = made,
                     start: threading.Barrier = start) -> None:
                start.wait()
                made.append(cls(5))

            threads = [threading.Thread(target=make) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert made == [cls(5)] * 4
    finally:
        sys.setswitchinterval(interval)
