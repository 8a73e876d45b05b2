"""A motion or search under way, as those who carry it out see it."""

from __future__ import annotations

import time
from threading import Event

from debugger.exchange import OnProgress
from debugger.views import Progress


class Run:
    """One motion under way: how to cancel it, and whom to tell how far it is."""

    def __init__(self, what: str, cancel: Event, progress: OnProgress | None) -> None:
        self.what = what
        self.cancel = cancel
        self._progress = progress
        self._since = time.monotonic()

    @property
    def cancelled(self) -> bool:
        return self.cancel.is_set()

    def report(self, done: int, total: int) -> None:
        """Tell that `done` of `total` steps are behind; total 0 for not known."""
        if self._progress is None:
            return
        elapsed = time.monotonic() - self._since
        eta = elapsed * (total - done) / done if 0 < done <= total else None
        self._progress(Progress(self.what, done, total, eta))
