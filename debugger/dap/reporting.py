"""Progress of what takes long, shown by clients that can, with a button to cancel it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from debugger.dap.handler import Job
from debugger.exchange import OnProgress
from debugger.views import Progress

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_AFTER = 0.5        # seconds before it is worth showing
_EVERY = 0.25       # seconds between two events


class Reporting:
    """Makes the callbacks that motions and searches report to."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._count = 0

    @contextmanager
    def shown(self, job: Job, title: str = "") -> Iterator[OnProgress]:
        """Progress as long as the block runs. Without a title none is shown: a program that runs
        on has no end to be near to; what it prints comes through all the same."""
        last = time.monotonic() + (_AFTER - _EVERY)
        wanted = bool(title) and self._adapter.client.flag("supportsProgressReporting")

        def report(progress: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < _EVERY:
                return
            last = now
            self._adapter.printing.send_new(self._adapter.session)
            if wanted:
                self._report(job, title, progress)
        try:
            yield report
        finally:
            if job.progress:
                self._adapter.writer.event("progressEnd", {"progressId": job.progress})
                job.progress = ""

    def _report(self, job: Job, title: str, progress: Progress) -> None:
        body: dict[str, object] = {"message": f"step {progress.done:,}"}
        if progress.total:
            body["message"] += f" of {progress.total:,}"  # type: ignore[operator]
            body["percentage"] = min(100, 100 * progress.done // progress.total)
        if job.progress:
            self._adapter.writer.event("progressUpdate", {"progressId": job.progress, **body})
            return
        self._count += 1
        job.progress = f"gaba-{self._count}"
        self._adapter.writer.event("progressStart", {
            "progressId": job.progress, "title": title, "requestId": job.seq,
            "cancellable": True, **body})
