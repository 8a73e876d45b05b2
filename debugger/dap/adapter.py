"""One client's debug session: the program it has launched, and what it has been told so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import Protocol

from debugger.commands.action import Context
from debugger.dap import catalogue, stops
from debugger.dap.arguments import Arguments
from debugger.dap.dispatch import Dispatcher
from debugger.dap.handler import Handler, Job
from debugger.dap.launching import Launch
from debugger.dap.points import Points
from debugger.dap.printing import Printing
from debugger.dap.reporting import Reporting
from debugger.dap.sources import Sources
from debugger.dap.variables import Handles
from debugger.dap.wire import Writer
from debugger.exchange import Arrival, CommandError, OnProgress
from debugger.session import Session

THREAD = 1          # wasm has one; the protocol wants it to have a number


class Motion(Protocol):
    """A session's method that moves the cursor."""

    def __call__(self, *, cancel: Event | None, progress: OnProgress | None) -> Arrival: ...


class Adapter(Dispatcher):
    """State of one client. Handlers run on the worker's thread, urgent ones on the reader's."""

    handlers: Mapping[str, Handler] = catalogue.HANDLERS
    urgent: Mapping[str, Handler] = catalogue.URGENT

    def __init__(self, writer: Writer) -> None:
        self.client = Arguments({}, "initialize")
        self.launch: Launch | None = None
        self.filters: frozenset[str] = frozenset({"trap", "exception"})
        self.handles = Handles()
        self.context: Context | None = None
        self._session: Session | None = None
        self._told_end = False
        self.points = Points(self)
        self.reporting = Reporting(self)
        super().__init__(writer)

    @property
    def session(self) -> Session:
        if self._session is None:
            raise CommandError("no program has been launched")
        return self._session

    @property
    def first_line(self) -> int:
        """The number of a source's first line, as the client counts."""
        return int(self.client.flag("linesStartAt1", True))

    @property
    def first_column(self) -> int:
        return int(self.client.flag("columnsStartAt1", True))

    @property
    def has_program(self) -> bool:
        return self._session is not None

    def wake(self) -> None:
        if self._session is not None:
            self._session.pause()

    # -- the program -------------------------------------------------------------------------

    def open(self, launch: Launch) -> None:
        """Opens a program in the place of the one before, with its breakpoints."""
        session = launch.open()
        before = self._session
        self._session, self.launch = session, launch
        self.context = Context(session)
        self.sources = Sources(session)
        self.printing = Printing(session, self.writer)
        self._told_end = False
        self.handles.forget()
        if before is not None:
            before.close()
            self.points.reopened()

    def quit(self, drain: bool = False) -> None:
        """The client has gone, or wants to: nothing runs on, nothing stays open."""
        self.close(drain)
        if self._session is not None:
            self._session.close()

    # -- after a response --------------------------------------------------------------------

    def then(self, what: Callable[[], None]) -> None:
        """What is to follow the response of the request that is being answered."""
        if self.current is not None:
            self.current.then = what

    def travel(self, motion: Motion, why: str = "step", title: str = "") -> None:
        """Goes somewhere, makes room meanwhile for what can't wait, and tells of the stop."""
        job = self.current
        if job is None:
            return
        arrival = self._go(job, motion, title)
        self.arrived()
        self.tell(arrival, why)

    def _go(self, job: Job, motion: Motion, title: str) -> Arrival:
        """Until the motion ends, other than by an interruption."""
        session = self.session
        began = session.cursor
        while True:
            with self.reporting.shown(job, title) as progress:
                arrival = motion(cancel=job.cancel, progress=progress)
            self._tell_logs()
            if arrival.reason != "cancelled" or job.paused:
                return arrival
            number = self.points.at_cursor()
            if number is not None and session.cursor != began:
                return Arrival(session.cursor, "breakpoint",
                               f"breakpoint {number} at step {session.cursor:,}")
            if not self.serve_waiting(job):
                return arrival

    def tell(self, arrival: Arrival, why: str) -> None:
        """Events about a motion that is over."""
        self.handles.forget()
        self.printing.send_new(self.session)
        self._tell_end()
        body = stops.stopped(self, arrival, why)
        if body is None:
            self.writer.event("terminated", {})
        else:
            self.writer.event("stopped", {"threadId": THREAD, "allThreadsStopped": True, **body})

    def _tell_logs(self) -> None:
        """What log messages have printed on the way."""
        lines = self.session.printed()
        if lines:
            self.writer.event("output", {"category": "console",
                                         "output": "".join(f"{line}\n" for line in lines)})

    def _tell_end(self) -> None:
        """Once, when the end of the program has been recorded."""
        code = self.session.exit_code
        if code is not None and not self._told_end:
            self._told_end = True
            self.writer.event("exited", {"exitCode": code})

    def failed(self, text: str) -> None:
        self.arrived()
        self.handles.forget()
        if self._session is not None:
            self.writer.event("stopped", {
                "threadId": THREAD, "allThreadsStopped": True, "reason": "pause",
                "description": text})
