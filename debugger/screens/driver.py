"""Runs what the session does on one thread of its own, so that the screen never waits.

Jobs take turns. A newer seek cancels an older one; looks are merged, and so are steps typed
faster than they can be made: a held key never piles up work, and no key is lost.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

from debugger.commands.registry import Context, Result
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.views import NoteView, Progress, Screen

_WAITING_AT_MOST = 64  # motions typed ahead
_PROGRESS_AFTER = 0.2  # seconds before progress is worth showing
_PROGRESS_EVERY = 0.1


@dataclass
class Job:
    """`kind` is 'motion', 'seek', 'first' and 'look' (only views), 'hits' (a page of a list) or
    'refine' (what looks have left out).

    `typed` is the command line it came from, if it came from there, `word` its action's.
    Jobs that repeat the same action (`repeats`) while they wait become one with the sum of their
    counts. `resumes` is the work that it goes on with, after what that was waiting for.
    """

    kind: str
    name: str
    work: Callable[[Context], Result | None]
    typed: str = ""
    word: str = ""
    repeats: str = ""
    count: int = 1
    resumes: Callable[[Context], Result | None] | None = None
    cancel: Event = field(default_factory=Event)
    started: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a job has led to. `screen` is None when there is nothing new to show."""

    job: Job
    result: Result | None
    fault: str
    screen: Screen | None
    notes: tuple[NoteView, ...]
    trace: str = ""


class Driver:
    """The app's only way to the session."""

    def __init__(
        self,
        session: Session,
        layout: Callable[[], Layout],
        done: Callable[[Outcome], None],
        progressed: Callable[[Progress | None], None],
        shown: Callable[[], bool],
    ) -> None:
        """`layout` is asked when a job begins; `done` and `progressed` are told only while the
        screen is `shown`: an app that ends takes its panes away before it closes this."""
        self.session = session
        self.context = Context(session)
        self.running: Job | None = None
        self._layout = layout
        self._done = done
        self._progressed = progressed
        self._shown = shown
        self._queue: deque[Job] = deque()
        self._closed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="session")

    def submit(self, job: Job) -> bool:
        """Queues a job; False if it was dropped because too much is going on already.

        The caller then sees to it that `drain` runs.
        """
        running = self.running
        if running is not None and running.kind == "refine":
            running.cancel.set()
        self._drop("refine")
        last = self._queue[-1] if self._queue else None
        if job.kind == "seek":
            self._supersede()
        elif job.kind in ("look", "hits"):
            self._drop(job.kind)
        elif job.repeats and last is not None and last.repeats == job.repeats:
            last.count += job.count
            return True
        elif self.waiting >= _WAITING_AT_MOST:
            return False
        self._queue.append(job)
        return True

    def _drop(self, kind: str) -> None:
        self._queue = deque(job for job in self._queue if job.kind != kind)

    def _supersede(self) -> None:
        """A newer seek: older ones aren't wanted any more."""
        self._drop("seek")
        if self.running is not None and self.running.kind == "seek":
            self.running.cancel.set()

    @property
    def waiting(self) -> int:
        """How many motions were typed ahead."""
        return sum(job.kind == "motion" for job in self._queue)

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing waits."""
        return self.running is None and not self._queue

    def stop(self) -> bool:
        """Cancels what is running and forgets what waits. False if there was nothing."""
        self._queue.clear()
        if self.running is None:
            return False
        self.running.cancel.set()
        if self.running.kind == "refine":
            return False
        self.session.pause()
        return True

    async def drain(self) -> None:
        """Runs the queued jobs, one at a time. Meant for a worker; a second one does nothing."""
        if self.running is not None:
            return
        while self._queue:
            job = self.running = self._queue.popleft()
            try:
                outcome = await self._run(job)
            finally:
                self.running = None
            if self._closed or not self._shown():
                return
            self._progressed(None)
            self._done(outcome)

    async def _run(self, job: Job) -> Outcome:
        loop = asyncio.get_running_loop()
        job.started = time.monotonic()
        waiting = Progress(job.word or job.name, 0, 0, None)
        notice = loop.call_later(_PROGRESS_AFTER, self._report, job, waiting)
        layout = self._layout()
        try:
            return await loop.run_in_executor(self._pool, self._execute, job, layout, loop)
        finally:
            notice.cancel()

    def _execute(self, job: Job, layout: Layout, loop: asyncio.AbstractEventLoop) -> Outcome:
        """On the session's thread: the work, then the views at the cursor it has led to."""
        result, fault, trace = None, "", ""
        self.context.cancel = job.cancel
        self.context.progress = self._reporter(job, loop)
        screen: Screen | None = None
        notes: tuple[NoteView, ...] = ()
        try:
            try:
                result = job.work(self.context)
            except CommandError as error:
                fault = str(error)
            if job.kind != "refine" or result is not None:
                if result is not None and result.arrival is not None:
                    layout = replace(layout, code_func=None)
                if job.kind == "motion":
                    layout = replace(layout, frames_first=None, output_end=None)
                screen, notes = self.session.screen(layout), self.session.noted()
        except Exception as error:  # a fault of ours must not cost the user their history
            fault = f"internal error: {type(error).__name__}: {error}"
            trace = traceback.format_exc()
        return Outcome(job, result, fault, screen, notes, trace)

    def _reporter(self, job: Job, loop: asyncio.AbstractEventLoop) -> Callable[[Progress], None]:
        """Passes progress to the screen's thread, not before it matters and not too often."""
        last = job.started + _PROGRESS_AFTER - _PROGRESS_EVERY

        def report(progress: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _PROGRESS_EVERY:
                last = now
                loop.call_soon_threadsafe(self._report, job, progress)

        return report

    def _report(self, job: Job, progress: Progress) -> None:
        if self._closed or not self._shown():
            return
        if self.running is job and job.kind != "refine":
            self._progressed(progress)

    def close(self) -> None:
        """Stops, and returns when nothing uses the session any more."""
        self._closed = True
        self.stop()
        self._pool.shutdown(wait=True)
