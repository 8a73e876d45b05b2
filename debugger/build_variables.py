"""Variables of the source as values that open and close, like objects of wasm."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from debugger.build_objects import PAGE, groups
from debugger.sourcevalues import Looker, SourceValue
from debugger.views import Key, Value

# The values with what they were before, by where they stand.
Compare = Callable[[Key, Sequence[Value]], tuple[Value, ...]]


class VariableRows:
    """Rows of the state pane. What is in a value is filled in if its key is among the opened."""

    def __init__(self, looker: Looker, opened: Collection[Key], compare: Compare) -> None:
        self._looker = looker
        self._opened = opened
        self._compare = compare

    def rows(self, values: Sequence[SourceValue], place: Key) -> tuple[Value, ...]:
        """Values that stand at a place."""
        closed = [Value(each.name, each.type, each.text,
                        -1 if each.address is None else each.address,
                        key=(*place, each.name) if each.named or each.indexed else ())
                  for each in values]
        return tuple(self._filled(row, each) for row, each in zip(
            self._compare(place, closed), values, strict=True))

    def _filled(self, row: Value, value: SourceValue) -> Value:
        if not row.key or row.key not in self._opened:
            return row
        return replace(row, items=self._part(value, row.key, 0, value.named or value.indexed))

    def _part(self, value: SourceValue, place: Key, first: int, last: int) -> tuple[Value, ...]:
        """Some of what is inside; many in groups."""
        if last - first <= PAGE:
            return self.rows(self._looker.inside(value, first, last - first), place)
        found = []
        for start, end in groups(first, last):
            key = (*place, f"[{start}…{end - 1}]")
            items = self._part(value, key, start, end) if key in self._opened else ()
            found.append(Value(str(key[-1]), "", "", 0, key=key, items=items))
        return tuple(found)
