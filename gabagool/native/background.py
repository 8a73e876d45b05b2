"""The main object's code on a computer that has none yet: built by a process of its own.

The worker hands over quick code, which a program can start with, then the best code, and keeps
both in the cache. It goes on when its parent has ended, so that the next one finds the best.
"""

from __future__ import annotations

import gc
import os
import queue
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gabagool.native import cache
from gabagool.native.key import object_key

if TYPE_CHECKING:
    import subprocess

_HEAD = struct.Struct("<Q")
_QUICK_FUSIONS = 80        # the most executed ones: half of what all of them gain
_PATIENCE = 120.0          # s, for another worker to finish
_PAUSE = 0.05
_HEAD_START = 1.2          # s
_NICENESS = 10
_COMMAND = "from gabagool.native.background import work; work({})"


def names(key: str) -> tuple[str, str]:
    """Cache keys of quick and best code."""
    return f"quick-{key}", f"handlers-{key}"


# -- the parent's side -----------------------------------------------------------------------

class Background:
    """A worker under way; it delivers quick code `first`. None stands for what it can't deliver."""

    def __init__(self, first: bool) -> None:
        self._arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.first = first
        self._process = _spawn(first)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            while (payload := _read_frame(self._process.stdout)) is not None:
                self._arrived.put(payload)
            self._process.wait()
        self._arrived.put(None)

    @property
    def is_ready(self) -> bool:
        """Whether `quick` need not wait."""
        return not self.first or not self._arrived.empty()

    def quick(self) -> bytes | None:
        """Waits for quick code."""
        payload = self._arrived.get()
        if payload is None:
            self._arrived.put(None)     # nothing is going to follow, either
        return payload

    def best(self, wait: bool) -> tuple[bool, bytes | None]:
        """Whether the best code (or failure) is there, and what it is."""
        try:
            return True, self._arrived.get(block=wait)
        except queue.Empty:
            return False, None


_under_way: Background | None = None


def prepare() -> None:
    """Have a worker begin if the cache has no code: what else there is to do first needs time."""
    global _under_way
    quick, best = names(object_key())
    if _under_way is None and not cache.has(best):
        _under_way = Background(not cache.has(quick))


def under_way() -> Background | None:
    """The worker that `prepare` had begin."""
    return _under_way


def _spawn(first: bool) -> subprocess.Popen[bytes] | None:
    """Start a worker with our import path; no signal of the terminal reaches it."""
    import subprocess  # rarely needed: not worth the time otherwise

    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *(os.path.abspath(p) for p in sys.path)])
    command = [sys.executable, "-c", _COMMAND.format(first)]
    if not sys.executable:
        return None
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, start_new_session=True,
                                env={**os.environ, "PYTHONPATH": path})
    except OSError:
        return None


def _read_frame(pipe: IO[bytes]) -> bytes | None:
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    size, = _HEAD.unpack(head)
    payload = pipe.read(size)
    return payload if len(payload) == size else None


# -- the worker's side -----------------------------------------------------------------------

def work(first: bool) -> None:
    """The worker: deliver quick code `first`, then the best; the parent may be gone by then."""
    gc.disable()            # it ends before that pays
    from gabagool.native import bulk, compiler, fusion

    quick, best = names(object_key())
    if first:
        _deliver(cache.kept(quick, lambda: compiler.compile_quick(
            fusion.SEQUENCES[:_QUICK_FUSIONS])))
        _leave_alone(os.getppid())
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    _deliver(_alone(best, compiler.compile_main))
    bulk.prepare()


def _leave_alone(parent: int) -> None:
    """Give the program its start: most have little to do, and all have to share the processor."""
    until = time.monotonic() + _HEAD_START
    while time.monotonic() < until and os.getppid() == parent:
        time.sleep(_PAUSE)


def _alone(key: str, build: Callable[[], bytes]) -> bytes:
    """As `cache.kept`; of several workers one builds, unless it takes too long."""
    until = time.monotonic() + _PATIENCE
    while not cache.claim(key, _PATIENCE) and time.monotonic() < until:
        time.sleep(_PAUSE)
        payload = cache.load(key)
        if payload is not None:
            return payload
    try:
        payload = cache.load(key) or build()
        if cache.directory().is_dir():      # unless it was removed meanwhile
            cache.save(key, payload)
        return payload
    finally:
        cache.release(key)


def _deliver(payload: bytes) -> None:
    try:
        sys.stdout.buffer.write(_HEAD.pack(len(payload)) + payload)
        sys.stdout.buffer.flush()
    except OSError:
        # Nobody listens any more; what is written at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
