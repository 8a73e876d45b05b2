"""The command palette: actions, panes and functions by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from debugger.screens import face
from debugger.screens.main import MainScreen

Entry = tuple[str, str, Callable[[], object]]  # title, help, what it does

_FUNCTIONS_AT_MOST = 20_000


def _plain(text: str) -> str:
    """Types are written in brackets, which markup would swallow."""
    return text.replace("[", r"\[")


class Actions(Provider):
    """Everything there is to do. What needs arguments opens the command line with its word."""

    def _entries(self) -> Iterator[Entry]:
        main = self.screen
        if not isinstance(main, MainScreen):
            return
        for action in face.all_actions():
            if action.id == "palette":
                continue
            keys = " ".join(face.shown_keys(action))
            title = action.help[:1].upper() + action.help[1:]
            words = ", ".join(action.words)
            spelled = "  ".join(part for part in (keys, words) if part)
            yield title, spelled, partial(main.choose, action)
        for pane, title in main.pane_titles():
            yield f"Show {title}", "", partial(main.open_pane, pane)
        for instance, funcidx, name, signature in main.functions[:_FUNCTIONS_AT_MOST]:
            yield (f"Code of {name}", f"func[{funcidx}] {signature}",
                   partial(main.show_function, instance, funcidx))  # fmt: skip

    async def discover(self) -> Hits:
        """Before anything is typed: all but the functions."""
        for title, help_, run in self._entries():
            if title.startswith("Code of "):
                break
            yield DiscoveryHit(title, run, help=_plain(help_))

    async def search(self, query: str) -> Hits:
        """What matches."""
        matcher = self.matcher(query)
        for title, help_, run in self._entries():
            score = max(matcher.match(title), matcher.match(help_) * 0.9)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=_plain(help_))
