"""The exceptions thrown in a recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gabagool.records import dataclass
from gabagool.runtime.chronicle import Chronicle
from gabagool.runtime.stops import Position

_HEAD = 4                # words before those of the values: the tag, and where it was caught
_LOW = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Throw:
    """At `step` an exception of `tag` (store address) was thrown with `values` (their bits).

    It was caught where execution went on, at `caught`; None if nothing caught it.
    """

    step: int
    tag: int
    values: tuple[int, ...]
    caught: Position | None


class Throws(Chronicle[Throw]):
    """Throws by number. `params` is how many values each tag's exceptions carry and `instances`
    how many there are: what those of unknown origin have to fit."""

    what = "exceptions"

    def __init__(self, params: Sequence[int] = (), instances: int = 0) -> None:
        super().__init__()
        self._params = params
        self._instances = instances

    def note(self, step: int, tag: int, values: tuple[int, ...],
             caught: Position | None) -> None:
        """Note a throw, unless it is a replay's."""
        place = (0, 0, 0) if caught is None else (caught.instance + 1, caught.funcidx,
                                                  caught.offset)
        self.add(step, (tag, *place, *_halves(values)))

    def _entry(self, step: int, words: Sequence[int]) -> Throw:
        tag, instance, funcidx, offset = words[:_HEAD]
        values = tuple(low | high << 64 for low, high in zip(
            words[_HEAD::2], words[_HEAD + 1::2], strict=True))
        return Throw(step, tag, values,
                     Position(instance - 1, funcidx, offset) if instance else None)

    def _fits(self, words: Sequence[int]) -> bool:
        return (len(words) >= _HEAD and words[0] < len(self._params)
                and words[1] <= self._instances
                and len(words) == _HEAD + 2 * self._params[words[0]])


def _halves(values: tuple[int, ...]) -> Iterator[int]:
    for bits in values:
        yield bits & _LOW
        yield bits >> 64
