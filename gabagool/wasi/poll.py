"""`poll_oneoff`: sleeping, and waiting for descriptors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gabagool.records import dataclass
from gabagool.wasi.descriptor import File, Open, Socket, Stdio
from gabagool.wasi.errno import Errno, Failure
from gabagool.wasi.guest import Guest
from gabagool.wasi.io import readable, writable
from gabagool.wasi.table import require
from gabagool.wasi.types import (
    EVENT,
    EVENTRW_HANGUP,
    SUBCLOCK_ABSTIME,
    SUBSCRIPTION_HEAD,
    U32,
    Clockid,
    Eventtype,
    Right,
)
from gabagool.wasi.wait import HANGUP, READ, WRITE, pending_bytes

if TYPE_CHECKING:
    from gabagool.wasi.process import Process

_CLOCK_MAX = (1 << 64) - 1


@dataclass(slots=True)
class _Subscription:
    """One subscription while it is waited for, and its event.

    `deadline`: for clocks, the reading of `clock` at which it fires. `host`: the host descriptor
    to wait for. An event that is known at once (an error, a regular file) is `fired` already.
    """

    userdata: int
    kind: int
    clock: int = 0
    deadline: int = 0
    host: int | None = None
    fired: bool = False
    error: Errno = Errno.SUCCESS
    nbytes: int = 0
    flags: int = 0

    def fire(self, error: Errno = Errno.SUCCESS, nbytes: int = 0, flags: int = 0) -> None:
        self.fired, self.error, self.nbytes, self.flags = True, error, nbytes, flags

    def pack(self) -> bytes:
        return EVENT.pack(self.userdata, self.error, self.kind, self.nbytes, self.flags)


def poll_oneoff(process: Process, guest: Guest, subscriptions: int, events: int, count: int,
                result: int) -> None:
    """Wait until at least one subscription fires; `result`: how many events were stored.

    What is wrong with one subscription (`badf`, `notcapable`, an unknown clock) is its event's
    error; `inval` for the call is only for no subscriptions or one of an unknown type.
    """
    if count == 0:
        raise Failure(Errno.INVAL)
    size = guest.abi.subscription_size
    guest.check(events, count * EVENT.size, 8)
    guest.check(result, 4, 4)
    raw = guest.read(subscriptions, count * size, 8)
    waiting = [_parse(process, guest, raw[at:at + size]) for at in range(0, len(raw), size)]
    _wait(process, waiting)
    fired = b"".join(subscription.pack() for subscription in waiting if subscription.fired)
    guest.write(events, fired, 8)
    guest.put_u32(result, len(fired) // EVENT.size)


def _parse(process: Process, guest: Guest, raw: bytes) -> _Subscription:
    userdata, kind = SUBSCRIPTION_HEAD.unpack_from(raw)
    subscription = _Subscription(userdata, kind)
    try:
        if kind == Eventtype.CLOCK:
            _clock(process, subscription,
                   *guest.abi.clock.unpack_from(raw, SUBSCRIPTION_HEAD.size))
        elif kind in (Eventtype.FD_READ, Eventtype.FD_WRITE):
            (fd,) = U32.unpack_from(raw, SUBSCRIPTION_HEAD.size)
            _descriptor(process, subscription, fd)
    except Failure as failure:
        subscription.fire(failure.errno)
    if kind > Eventtype.FD_WRITE:
        raise Failure(Errno.INVAL)
    return subscription


def _clock(process: Process, subscription: _Subscription, clock: int, timeout: int,
           precision: int, flags: int) -> None:
    """Subscribe to a clock. `precision` only allows being late, which hosts are anyway."""
    if clock not in (Clockid.REALTIME, Clockid.MONOTONIC) or flags & ~SUBCLOCK_ABSTIME:
        raise Failure(Errno.INVAL)
    now = 0 if flags & SUBCLOCK_ABSTIME else process.clocks.read(clock)
    subscription.clock, subscription.deadline = clock, min(now + timeout, _CLOCK_MAX)


def _descriptor(process: Process, subscription: _Subscription, fd: int) -> None:
    reading = subscription.kind == Eventtype.FD_READ
    descriptor = process.table.get(fd)
    if not (isinstance(descriptor, Socket) and descriptor.listener is not None and reading):
        descriptor = readable(process, fd) if reading else writable(process, fd)
    require(descriptor, Right.POLL_FD_READWRITE)
    subscription.host = _host(process, descriptor)
    if subscription.host is None:
        subscription.fire(nbytes=_available(process, descriptor, reading))


def _host(process: Process, descriptor: Open) -> int | None:
    """The host descriptor to wait for; None if this one never makes the guest wait."""
    if isinstance(descriptor, Stdio):
        return process.outputs.get(descriptor.stream, process.stdin).host
    if isinstance(descriptor, File) and descriptor.seekable:
        return None
    return process.table.host(descriptor)


def _available(process: Process, descriptor: Open, reading: bool) -> int:
    """Bytes ready in something always ready: of a file the rest, otherwise just "some"."""
    if reading and isinstance(descriptor, File):
        size = os.fstat(process.table.host(descriptor)).st_size
        return max(size - descriptor.offset, 0)
    return 1


def _wait(process: Process, waiting: list[_Subscription]) -> None:
    """Let something fire: at once what can, else whatever comes first."""
    limit = 0 if any(each.fired for each in waiting) else None
    while True:
        timeout = _until_deadline(process, waiting) if limit is None else limit
        _fire_descriptors(process, waiting, timeout)
        _fire_clocks(process, waiting)
        if any(each.fired for each in waiting):
            return


def _clocks(waiting: list[_Subscription]) -> list[_Subscription]:
    return [each for each in waiting if each.kind == Eventtype.CLOCK and not each.fired]


def _until_deadline(process: Process, waiting: list[_Subscription]) -> int | None:
    """Nanoseconds until the first deadline; None without one."""
    return min((max(each.deadline - process.clocks.read(each.clock), 0)
                for each in _clocks(waiting)), default=None)


def _fire_clocks(process: Process, waiting: list[_Subscription]) -> None:
    for each in _clocks(waiting):
        if process.clocks.read(each.clock) >= each.deadline:
            each.fire()


def _fire_descriptors(process: Process, waiting: list[_Subscription], timeout: int | None) -> None:
    """Wait for descriptors and time; without descriptors just sleep."""
    interest: dict[int, int] = {}
    for each in waiting:
        if each.host is not None:
            interest[each.host] = interest.get(each.host, 0) | _event(each)
    if not interest or (process.clocks.virtual and timeout):
        process.clocks.sleep(timeout or 0)
        timeout = 0
    ready = process.waiter.poll(interest, timeout) if interest else {}
    for each in waiting:
        events = ready.get(each.host, 0) if each.host is not None else 0
        # Errors and hang-ups come unasked and concern both directions.
        if events & _event(each) or events & ~(READ | WRITE):
            each.fire(nbytes=_ready_bytes(each), flags=EVENTRW_HANGUP if events & HANGUP else 0)


def _event(subscription: _Subscription) -> int:
    return READ if subscription.kind == Eventtype.FD_READ else WRITE


def _ready_bytes(subscription: _Subscription) -> int:
    if subscription.kind == Eventtype.FD_WRITE or subscription.host is None:
        return 1
    return pending_bytes(subscription.host)
