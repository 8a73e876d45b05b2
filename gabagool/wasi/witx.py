"""Parameters and results of preview 1's functions by name and type, to tell people of calls.

One line per function, as in the witx files: a string or list is a pointer and a length in the core
ABI, a result a pointer behind the parameters.
"""

from __future__ import annotations

from gabagool.records import dataclass
from gabagool.wasi.types import (
    Clockid,
    Fdflags,
    Fstflags,
    Lookupflags,
    Oflags,
    Riflags,
    Right,
    Sdflags,
)

_FUNCTIONS = """
args_get argv:ptr argv_buf:ptr
args_sizes_get -> argc:size argv_buf_size:size
environ_get environ:ptr environ_buf:ptr
environ_sizes_get -> count:size size:size
clock_res_get id:clockid -> resolution:timestamp
clock_time_get id:clockid precision:timestamp -> time:timestamp
fd_advise fd:fd offset:filesize len:filesize advice:advice
fd_allocate fd:fd offset:filesize len:filesize
fd_close fd:fd
fd_datasync fd:fd
fd_fdstat_get fd:fd -> stat:fdstat
fd_fdstat_set_flags fd:fd flags:fdflags
fd_fdstat_set_rights fd:fd base:rights inheriting:rights
fd_filestat_get fd:fd -> stat:filestat
fd_filestat_set_size fd:fd size:filesize
fd_filestat_set_times fd:fd atim:timestamp mtim:timestamp flags:fstflags
fd_pread fd:fd iovs:iovec_array offset:filesize -> nread:size
fd_prestat_get fd:fd -> stat:prestat
fd_prestat_dir_name fd:fd path:out
fd_pwrite fd:fd iovs:ciovec_array offset:filesize -> nwritten:size
fd_read fd:fd iovs:iovec_array -> nread:size
fd_readdir fd:fd buf:out cookie:dircookie -> size:size
fd_renumber fd:fd to:fd
fd_seek fd:fd offset:filedelta whence:whence -> offset:filesize
fd_sync fd:fd
fd_tell fd:fd -> offset:filesize
fd_write fd:fd iovs:ciovec_array -> nwritten:size
path_create_directory fd:fd path:string
path_filestat_get fd:fd flags:lookupflags path:string -> stat:filestat
path_filestat_set_times fd:fd flags:lookupflags path:string atim:timestamp mtim:timestamp fst:fstflags
path_link old_fd:fd flags:lookupflags old:string new_fd:fd new:string
path_open fd:fd dirflags:lookupflags path:string oflags:oflags base:rights inheriting:rights fdflags:fdflags -> fd:fd
path_readlink fd:fd path:string buf:out -> size:size
path_remove_directory fd:fd path:string
path_rename fd:fd old:string new_fd:fd new:string
path_symlink old:string fd:fd new:string
path_unlink_file fd:fd path:string
poll_oneoff in:subscriptions out:ptr nsubscriptions:size -> nevents:size
proc_exit code:exitcode
proc_raise signal:signal
sched_yield
random_get buf:out
sock_accept fd:fd flags:fdflags -> fd:fd
sock_recv fd:fd iovs:iovec_array ri_flags:riflags -> nread:size roflags:u16
sock_send fd:fd iovs:ciovec_array si_flags:u16 -> nwritten:size
sock_shutdown fd:fd how:sdflags
"""  # noqa: E501

PAIRS = frozenset({"string", "iovec_array", "ciovec_array", "out"})     # pointer and length


@dataclass(frozen=True, slots=True)
class Signature:
    """(name, type) of parameters and of results."""

    params: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]


def _parsed(line: str) -> tuple[str, Signature]:
    head, _, tail = line.partition("->")
    name, *params = head.split()
    pairs = [tuple(word.split(":")) for word in params], [tuple(w.split(":")) for w in tail.split()]
    fields = [tuple((each[0], each[1]) for each in group) for group in pairs]
    return name, Signature(fields[0], fields[1])


SIGNATURES = dict(map(_parsed, _FUNCTIONS.strip().splitlines()))


def names_of(space: type) -> dict[int, str]:
    """Names by value of a namespace of constants, but for ALL."""
    return {value: name for name, value in vars(space).items()
            if name.isupper() and name != "ALL" and not name.startswith("_")}


def _rights() -> dict[int, str]:
    """Single rights: some names stand for several."""
    return {bit: name for bit, name in names_of(Right).items() if bit & (bit - 1) == 0}


FLAGS = {"fdflags": names_of(Fdflags), "oflags": names_of(Oflags), "fstflags": names_of(Fstflags),
         "lookupflags": names_of(Lookupflags), "riflags": names_of(Riflags),
         "sdflags": names_of(Sdflags), "rights": _rights()}
ENUMS = {"clockid": names_of(Clockid),
         "advice": dict(enumerate(("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED",
                                   "NOREUSE"))),
         "signal": dict(enumerate((
             "NONE", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
             "SEGV", "USR2", "PIPE", "ALRM", "TERM", "CHLD", "CONT", "STOP", "TSTP", "TTIN",
             "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS")))}
