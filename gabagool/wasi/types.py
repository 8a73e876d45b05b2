"""Constants and memory layouts of typenames.witx (all integers little-endian).

Flags and enums are plain ints in namespaces: they are tested on every call, and an `IntFlag`
operation costs more than the whole of a small WASI function.
"""

from __future__ import annotations

from struct import Struct

from gabagool.records import dataclass

U32 = Struct("<I")
U64 = Struct("<Q")
IOVEC = Struct("<II")  # iovec, ciovec: buf, buf_len
FDSTAT = Struct("<BxH4xQQ")  # fs_filetype, fs_flags, fs_rights_base, fs_rights_inheriting
PRESTAT = Struct("<B3xI")  # preopentype, pr_name_len
DIRENT = Struct("<QQIB3x")  # d_next, d_ino, d_namlen, d_type
SUBSCRIPTION_HEAD = Struct("<QB7x")  # userdata, eventtype; the union follows at 16
EVENT = Struct("<QHB5xQH6x")  # userdata, error, type, nbytes, flags

PREOPENTYPE_DIR = 0


@dataclass(frozen=True, slots=True)
class Abi:
    """What differs between the two modules that carry these functions.

    `filestat`: dev, ino, filetype, nlink, size, atim, mtim, ctim. `clock`: subscription_clock
    as id, timeout, precision, flags. `whence`: the witx enum as Whence values, in its order.
    """

    module: str
    filestat: Struct
    clock: Struct
    whence: tuple[int, int, int]
    absent: frozenset[str] = frozenset()

    @property
    def subscription_size(self) -> int:
        return SUBSCRIPTION_HEAD.size + self.clock.size


class Whence:
    """The base of a seek, independent of the ABI's numbering."""

    SET, CUR, END = range(3)


PREVIEW1 = Abi("wasi_snapshot_preview1", Struct("<QQB7xQQQQQ"), Struct("<I4xQQH6x"),
               (Whence.SET, Whence.CUR, Whence.END))
# The first published form: 32-bit link counts, an extra clock identifier, another whence order.
UNSTABLE = Abi("wasi_unstable", Struct("<QQB3xIQQQQ"), Struct("<8xI4xQQH6x"),
               (Whence.CUR, Whence.END, Whence.SET), frozenset({"sock_accept"}))


class Filetype:
    UNKNOWN, BLOCK_DEVICE, CHARACTER_DEVICE, DIRECTORY = range(4)
    REGULAR_FILE, SOCKET_DGRAM, SOCKET_STREAM, SYMBOLIC_LINK = range(4, 8)


class Fdflags:
    APPEND, DSYNC, NONBLOCK, RSYNC, SYNC = (1 << bit for bit in range(5))
    ALL = (1 << 5) - 1


class Oflags:
    CREAT, DIRECTORY, EXCL, TRUNC = (1 << bit for bit in range(4))
    ALL = (1 << 4) - 1


class Fstflags:
    ATIM, ATIM_NOW, MTIM, MTIM_NOW = (1 << bit for bit in range(4))
    ALL = (1 << 4) - 1


class Lookupflags:
    SYMLINK_FOLLOW = 1
    ALL = 1


class Riflags:
    PEEK, WAITALL = 1, 2
    ALL = 3


class Sdflags:
    RD, WR = 1, 2
    ALL = 3


class Clockid:
    REALTIME, MONOTONIC, PROCESS_CPUTIME, THREAD_CPUTIME = range(4)


class Eventtype:
    CLOCK, FD_READ, FD_WRITE = range(3)


SUBCLOCK_ABSTIME = 1  # subclockflags::subscription_clock_abstime
EVENTRW_HANGUP = 1  # eventrwflags::fd_readwrite_hangup


class Right:
    """Descriptor rights (u64)."""

    (FD_DATASYNC, FD_READ, FD_SEEK, FD_FDSTAT_SET_FLAGS, FD_SYNC, FD_TELL, FD_WRITE, FD_ADVISE,
     FD_ALLOCATE, PATH_CREATE_DIRECTORY, PATH_CREATE_FILE, PATH_LINK_SOURCE, PATH_LINK_TARGET,
     PATH_OPEN, FD_READDIR, PATH_READLINK, PATH_RENAME_SOURCE, PATH_RENAME_TARGET,
     PATH_FILESTAT_GET, PATH_FILESTAT_SET_SIZE, PATH_FILESTAT_SET_TIMES, FD_FILESTAT_GET,
     FD_FILESTAT_SET_SIZE, FD_FILESTAT_SET_TIMES, PATH_SYMLINK, PATH_REMOVE_DIRECTORY,
     PATH_UNLINK_FILE, POLL_FD_READWRITE, SOCK_SHUTDOWN, SOCK_ACCEPT,
     ) = (1 << bit for bit in range(30))
    ALL = (1 << 30) - 1

    # The rights that mean something for each kind of descriptor.
    _ANY = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET
    STREAM = _ANY | FD_READ | FD_WRITE | POLL_FD_READWRITE
    PIPE = STREAM | FD_SYNC | FD_DATASYNC | FD_FILESTAT_SET_TIMES
    FILE = PIPE | FD_SEEK | FD_TELL | FD_ADVISE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE
    CONNECTION = STREAM | SOCK_SHUTDOWN
    LISTENER = _ANY | POLL_FD_READWRITE | SOCK_ACCEPT
    DIRECTORY = (
        _ANY | FD_SYNC | FD_DATASYNC | FD_FILESTAT_SET_TIMES | FD_READDIR | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE | PATH_LINK_SOURCE | PATH_LINK_TARGET | PATH_OPEN | PATH_READLINK
        | PATH_RENAME_SOURCE | PATH_RENAME_TARGET | PATH_FILESTAT_GET | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES | PATH_SYMLINK | PATH_REMOVE_DIRECTORY | PATH_UNLINK_FILE)
