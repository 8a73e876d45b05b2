"""Takes requests in as they come and answers them one at a time, on a thread of its own.

The reader's thread answers only what can't wait: pause, cancel, threads and the end. A motion
lasts until it stops; requests that need a stopped program are refused meanwhile, and for others
a motion that can be resumed makes room.
"""

from __future__ import annotations

import sys
import traceback
from collections import deque
from collections.abc import Mapping
from threading import Condition, Thread

from debugger.dap.arguments import Arguments
from debugger.dap.handler import NOTHING, PROGRAM, STOPPED, Body, Handler, Job
from debugger.dap.wire import Message, Writer
from debugger.exchange import CommandError

_MOST_WAITING = 10_000


class Cancelled(CommandError):
    """A request was cancelled by the client."""


class Dispatcher:
    """Queue, worker, responses. `wake` is called when what is running is to stop at once."""

    handlers: Mapping[str, Handler]
    urgent: Mapping[str, Handler]

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.current: Job | None = None         # what the worker is at
        self._motion: Job | None = None         # what moves, or is going to
        self._queue: deque[Job] = deque()
        self._changed = Condition()
        self._closing = False
        self._worker = Thread(target=self._work, name="dap", daemon=True)
        self._worker.start()

    def wake(self) -> None:
        raise NotImplementedError

    @property
    def has_program(self) -> bool:
        raise NotImplementedError

    # -- the reader's thread -----------------------------------------------------------------

    def take(self, message: Message) -> None:
        """A message from the client."""
        if message.get("type") != "request":
            return                              # we ask nothing, so there are no responses
        seq, command = message.get("seq"), message.get("command")
        if not isinstance(seq, int) or not isinstance(command, str):
            self.complain("a request needs a number 'seq' and a text 'command'")
            return
        if command in self.urgent:
            self._answer(Job(seq, command, message.get("arguments"), self.urgent[command]))
            return
        handler = self.handlers.get(command)
        if handler is None:
            self.refuse(seq, command, f"gaba-debug has no request '{command[:80]}'")
            return
        self._enqueue(Job(seq, command, message.get("arguments"), handler))

    def _enqueue(self, job: Job) -> None:
        with self._changed:
            fault = ""
            busy = job.handler.needs == STOPPED or job.handler.moves
            if self._closing:
                fault = "the session is over"
            elif busy and self._motion is not None:
                fault = "notStopped"
            elif len(self._queue) >= _MOST_WAITING:
                fault = "too many requests are waiting"
            else:
                self._queue.append(job)
                if job.handler.moves:
                    self._motion = job
                elif self._motion is not None and self._motion is self.current:
                    self._interrupt(self._motion)
                self._changed.notify()
        if fault:
            self.refuse(job.seq, job.command, fault)

    def _interrupt(self, motion: Job) -> None:
        if motion.handler.resumes:
            motion.cancel.set()
            self.wake()

    def pause(self) -> None:
        """Stop what moves, for good."""
        with self._changed:
            if self._motion is not None:
                self._motion.paused = True
                self._motion.cancel.set()
                self.wake()

    def cancel(self, seq: int | None, progress: str) -> None:
        """End a request that waits or runs, by its number or by the id of its progress."""
        with self._changed:
            waiting = next((job for job in self._queue if job.seq == seq), None)
            if waiting is not None:
                self._queue.remove(waiting)
                if self._motion is waiting:
                    self._motion = None
            job = self.current
            if job is not None and (job.seq == seq or (progress and job.progress == progress)):
                job.dropped = job.paused = True
                job.cancel.set()
                self.wake()
        if waiting is not None:
            self.refuse(waiting.seq, waiting.command, "cancelled")

    def close(self, drain: bool = False) -> None:
        """Stops everything; returns when nothing uses the program any more.

        `drain` answers what waits, as far as that takes no time.
        """
        with self._changed:
            self._closing = True
            dropped = [job for job in self._queue if job.handler.moves or not drain]
            self._queue = deque(job for job in self._queue if job not in dropped)
            for job in self._queue:
                job.cancel.set()
            if self.current is not None:
                self.current.paused = True
                self.current.cancel.set()
                self.wake()
            self._changed.notify()
        for job in dropped:
            self.refuse(job.seq, job.command, "cancelled")
        self._worker.join()

    # -- the worker's thread -----------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                job = self.current = self._queue.popleft()
            self._serve(job)

    def _serve(self, job: Job) -> None:
        outer, self.current = self.current, job
        try:
            if self._answer(job) and job.then is not None:
                self._guarded(job)
        finally:
            with self._changed:
                self.current = None if outer is job else outer
                if self._motion is job:
                    self._motion = None

    def serve_waiting(self, motion: Job) -> bool:
        """Answers what waits in a motion's way. Whether the motion goes on."""
        while True:
            with self._changed:
                if not self._queue or self._closing:
                    if not motion.paused:
                        motion.cancel.clear()
                    self.current = motion
                    return not motion.paused and not self._closing
                job = self._queue.popleft()
            self._serve(job)

    def arrived(self) -> None:
        """The motion under way is over: what needs a stopped program is welcome again."""
        with self._changed:
            self._motion = None

    def _guarded(self, job: Job) -> None:
        """What follows the response. Its faults have no response to go to."""
        try:
            if job.then is not None:
                job.then()
        except CommandError as error:
            self.complain(str(error))
            self.failed(str(error))
        except Exception as error:
            self.complain(f"internal error in {job.command}: {_named(error)}")
            traceback.print_exc(file=sys.stderr)
            self.failed(f"internal error: {_named(error)}")

    def failed(self, text: str) -> None:
        """A motion has failed after its response."""
        raise NotImplementedError

    # -- answers -----------------------------------------------------------------------------

    def _answer(self, job: Job) -> bool:
        """Runs a request and responds. Whether it succeeded."""
        try:
            if job.handler.needs in (PROGRAM, STOPPED) and not self.has_program:
                raise CommandError("no program has been launched")
            body = job.handler.run(self, Arguments(job.arguments, job.command))  # type: ignore[arg-type]
        except Cancelled:
            self.refuse(job.seq, job.command, "cancelled")
        except CommandError as error:
            self.refuse(job.seq, job.command, "cancelled" if job.dropped else str(error))
        except Exception as error:      # a fault of ours must not cost the user their history
            traceback.print_exc(file=sys.stderr)
            self.refuse(job.seq, job.command, f"internal error: {_named(error)}")
        else:
            self._respond(job, body)
            return True
        return False

    def _respond(self, job: Job, body: Body) -> None:
        self.writer.send("response", {"request_seq": job.seq, "success": True,
                                      "command": job.command, "body": body or {}})

    def refuse(self, seq: int, command: str, text: str) -> None:
        """An error response; `notStopped` and `cancelled` are the protocol's own words."""
        error = {"id": 1, "format": "{text}", "variables": {"text": text},
                 "showUser": command in ("launch", "attach", "restart")}
        self.writer.send("response", {"request_seq": seq, "success": False, "command": command,
                                      "message": text, "body": {"error": error}})

    def complain(self, text: str) -> None:
        """Tells of what belongs to no request."""
        self.writer.event("output", {"category": "important", "output": f"gaba-debug: {text}\n"})


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


__all__ = ["NOTHING", "PROGRAM", "STOPPED", "Cancelled", "Dispatcher"]
