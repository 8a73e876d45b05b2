"""The command palette: actions, panes and functions by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice

from textual.command import DiscoveryHit, Hit, Hits, Provider

from debugger.screens import face
from debugger.screens.main import MainScreen
from debugger.styles.themes import TITLES

Entry = tuple[str, str, Callable[[], object]]  # title, help, what it does

_FUNCTIONS_AT_MOST = 200


def _plain(text: str) -> str:
    """Types, addresses and names may have brackets, which markup would swallow."""
    return text.replace("[", r"\[")


class Actions(Provider):
    """Everything there is to do. What needs arguments opens the command line with its word."""

    @property
    def _main(self) -> MainScreen:
        assert isinstance(self.screen, MainScreen)
        return self.screen

    def _actions(self) -> Iterator[Entry]:
        for action in face.all_actions():
            if action.id != "palette":
                keys = " ".join(self._main.keymap.shown(action.id))
                title = action.help[:1].upper() + action.help[1:]
                spelled = "  ".join(part for part in (keys, ", ".join(action.words)) if part)
                yield title, spelled, partial(self._main.action_perform, action.id)
        for name, words in TITLES.items():
            yield f"Theme {words}", f":theme {name}", partial(self._main.do_theme, name)
        for pane, title in self._main.pane_titles():
            yield f"Show {title}", "", partial(self._main.open_pane, pane)

    def _functions(self, query: str) -> Iterator[Entry]:
        """Only those with the text in their name: a fuzzy search of 10,000 names takes long."""
        wanted = query.removeprefix("Code of ").strip().lower()
        found = (each for each in self._main.functions if wanted in each[2].lower())
        for instance, funcidx, name, signature in islice(found, _FUNCTIONS_AT_MOST):
            show = partial(self._main.show_function, instance, funcidx)
            yield f"Code of {name}", f"func[{funcidx}] {signature}", show

    async def discover(self) -> Hits:
        """Before anything is typed: all but the functions."""
        for title, help_, run in self._actions():
            yield DiscoveryHit(_plain(title), run, help=_plain(help_))

    async def search(self, query: str) -> Hits:
        """What matches."""
        matcher = self.matcher(query)
        for title, help_, run in chain(self._actions(), self._functions(query)):
            score = max(matcher.match(title), matcher.match(help_) * 0.9)
            if score > 0:
                yield Hit(score, matcher.highlight(_plain(title)), run, help=_plain(help_))
