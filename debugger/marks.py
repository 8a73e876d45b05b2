"""Steps that the user comes back to: named ones, and the trail of where the cursor has been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from debugger.exchange import CommandError


class Marks(Mapping[str, int]):
    """Steps by letter, a to z."""

    def __init__(self, steps: Mapping[str, int] | None = None) -> None:
        self._steps = dict(steps or {})

    def __getitem__(self, letter: str) -> int:
        return self._steps[letter]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._steps))

    def __len__(self) -> int:
        return len(self._steps)

    def set(self, letter: str, step: int) -> int | None:
        """Name a step. Returns the step that has lost its last name by that, if any."""
        if len(letter) != 1 or not "a" <= letter <= "z":
            raise CommandError(f"a mark is one letter, a to z, not '{letter}'")
        before = self._steps.get(letter)
        self._steps[letter] = step
        return None if before in self._steps.values() else before

    def until(self, step: int) -> Marks:
        """A copy, of the marks up to a step."""
        return Marks({letter: at for letter, at in self._steps.items() if at <= step})

    def step(self, letter: str) -> int:
        """The step of a mark; CommandError if there is none."""
        if letter not in self._steps:
            raise CommandError(f"no mark '{letter}' (marks: {', '.join(self) or 'none'})")
        return self._steps[letter]


class Notes:
    """What the user has written on steps, one text each. `items` is all there is to keep, and
    `restore` takes it back."""

    _LONGEST = 1000     # characters

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def set(self, step: int, text: str) -> None:
        """Write on a step, in place of what was there; no text takes it away."""
        if text.strip():
            self._texts[step] = text.strip()[:self._LONGEST]
        elif self._texts.pop(step, None) is None:
            raise CommandError(f"there is no note on step {step:,}")

    def items(self) -> tuple[tuple[int, str], ...]:
        """(step, text), rising."""
        return tuple(sorted(self._texts.items()))

    def until(self, step: int) -> Notes:
        """A copy, of the notes up to a step."""
        copy = Notes()
        copy.restore((at, text) for at, text in self.items() if at <= step)
        return copy

    def restore(self, items: Iterable[tuple[int, str]]) -> None:
        self._texts = dict(items)


class Trail:
    """Where the cursor has been, for undo and redo of navigation."""

    _LONGEST = 1000

    def __init__(self) -> None:
        self._past: list[int] = []
        self._future: list[int] = []

    @property
    def past(self) -> bool:
        """Whether there is something to undo."""
        return bool(self._past)

    @property
    def future(self) -> bool:
        """Whether there is something to redo."""
        return bool(self._future)

    def moved(self, origin: int) -> None:
        """The cursor has left `origin` by a new motion: what was undone can't be redone."""
        self._past.append(origin)
        del self._past[:-self._LONGEST]
        self._future.clear()

    def undo(self, here: int) -> int | None:
        """Where the cursor was before it came `here`."""
        return self._follow(self._past, self._future, here)

    def redo(self, here: int) -> int | None:
        """Where the cursor was before the last undo."""
        return self._follow(self._future, self._past, here)

    @staticmethod
    def _follow(source: list[int], target: list[int], here: int) -> int | None:
        if not source:
            return None
        target.append(here)
        return source.pop()
