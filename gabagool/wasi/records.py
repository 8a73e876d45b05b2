"""Records of the witx files as people read them: what WASI calls store or are given in memory."""

from __future__ import annotations

from collections.abc import Iterator

from gabagool.wasi.types import (
    FDSTAT,
    PREOPENTYPE_DIR,
    PRESTAT,
    SUBCLOCK_ABSTIME,
    SUBSCRIPTION_HEAD,
    U32,
    Abi,
    Eventtype,
    Filetype,
)
from gabagool.wasi.witx import ENUMS, FLAGS, names_of

_FILETYPES = names_of(Filetype)
_MOST = 4               # subscriptions and rights that are shown
_SECOND = 10**9


def flags(kind: str, value: int) -> str:
    """Flags by name: `CREAT|TRUNC`; many rights as how many they are."""
    known = FLAGS[kind]
    names = [name for bit, name in known.items() if value & bit]
    rest = value & ~sum(known)
    if kind == "rights" and len(names) > _MOST:
        names = ["ALL" if len(names) == len(known) else f"{len(names)} rights"]
    return "|".join([*names, *([f"{rest:#x}"] if rest else [])]) or "0"


def record(kind: str, data: bytes, abi: Abi) -> str:
    """`file, 123 bytes`, for what is stored as a result; '' for bytes that are no such record."""
    if kind == "filestat" and len(data) >= abi.filestat.size:
        _, _, filetype, _, size, *_ = abi.filestat.unpack_from(data)
        return f"{_filetype(filetype)}, {size:,} bytes"
    if kind == "fdstat" and len(data) >= FDSTAT.size:
        filetype, fdflags, rights, _ = FDSTAT.unpack_from(data)
        return f"{_filetype(filetype)}, {flags('fdflags', fdflags)}, {flags('rights', rights)}"
    if kind == "prestat" and len(data) >= PRESTAT.size:
        tag, length = PRESTAT.unpack_from(data)
        return f"directory, name of {length} bytes" if tag == PREOPENTYPE_DIR else ""
    return ""


def _filetype(value: int) -> str:
    return _FILETYPES.get(value, str(value))


def subscriptions(data: bytes, count: int, abi: Abi) -> str:
    """`[MONOTONIC 1.5 s, read fd 0]`: what a poll waits for, of which `data` has the beginning."""
    found = list(_subscriptions(data, min(count, _MOST), abi))
    more = ["…"] if count > len(found) else []
    return f"[{', '.join([*found, *more])}]"


def _subscriptions(data: bytes, count: int, abi: Abi) -> Iterator[str]:
    for at in range(0, count * abi.subscription_size, abi.subscription_size):
        raw = data[at:at + abi.subscription_size]
        if len(raw) < abi.subscription_size:
            return
        _, kind = SUBSCRIPTION_HEAD.unpack_from(raw)
        if kind == Eventtype.CLOCK:
            clock, timeout, _, how = abi.clock.unpack_from(raw, SUBSCRIPTION_HEAD.size)
            until = "until " if how & SUBCLOCK_ABSTIME else ""
            yield f"{ENUMS['clockid'].get(clock, clock)} {until}{timeout / _SECOND:g} s"
        else:
            word = {Eventtype.FD_READ: "read", Eventtype.FD_WRITE: "write"}.get(kind, str(kind))
            yield f"{word} fd {U32.unpack_from(raw, SUBSCRIPTION_HEAD.size)[0]}"


def subscription_bytes(count: int, abi: Abi) -> int:
    """How many bytes of them `subscriptions` looks at."""
    return min(count, _MOST) * abi.subscription_size
