"""The 46 functions of preview 1 with their core types, and how they are bound to a linker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gabagool.records import dataclass
from gabagool.types import I32, I64, FuncType, ValType
from gabagool.wasi import (
    args,
    clocks,
    dirs,
    fds,
    files,
    io,
    opening,
    paths,
    poll,
    proc,
    random,
    sockets,
)
from gabagool.wasi.errno import Errno, Failure, from_host
from gabagool.wasi.guest import Caller, Guest
from gabagool.wasi.process import Process
from gabagool.wasi.types import Abi
from gabagool.wasi.worlds import noted

HostFunction = Callable[..., int]


class Linker(Protocol):
    """What of the runtime's linker is needed here."""

    def define_host(self, module: str, name: str, functype: FuncType, fn: HostFunction,
                    /) -> object: ...


@dataclass(frozen=True, slots=True)
class Function:
    """A WASI function: `run(process, guest, *args)` raises Failure or OSError for an errno.

    `params` are those of the witx function in the core ABI: strings and lists as pointer and
    length, results as pointers behind the parameters. Its name is that of `run`.
    """

    run: Callable[..., None]
    params: tuple[ValType, ...]
    results: tuple[ValType, ...] = (I32,)  # the errno

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def functype(self) -> FuncType:
        return FuncType(self.params, self.results)


def _i32(count: int) -> tuple[ValType, ...]:
    return (I32,) * count


FUNCTIONS = (
    Function(args.args_get, _i32(2)),
    Function(args.args_sizes_get, _i32(2)),
    Function(args.environ_get, _i32(2)),
    Function(args.environ_sizes_get, _i32(2)),
    Function(clocks.clock_res_get, _i32(2)),
    Function(clocks.clock_time_get, (I32, I64, I32)),
    Function(files.fd_advise, (I32, I64, I64, I32)),
    Function(files.fd_allocate, (I32, I64, I64)),
    Function(fds.fd_close, _i32(1)),
    Function(files.fd_datasync, _i32(1)),
    Function(fds.fd_fdstat_get, _i32(2)),
    Function(fds.fd_fdstat_set_flags, _i32(2)),
    Function(fds.fd_fdstat_set_rights, (I32, I64, I64)),
    Function(files.fd_filestat_get, _i32(2)),
    Function(files.fd_filestat_set_size, (I32, I64)),
    Function(files.fd_filestat_set_times, (I32, I64, I64, I32)),
    Function(io.fd_pread, (I32, I32, I32, I64, I32)),
    Function(fds.fd_prestat_get, _i32(2)),
    Function(fds.fd_prestat_dir_name, _i32(3)),
    Function(io.fd_pwrite, (I32, I32, I32, I64, I32)),
    Function(io.fd_read, _i32(4)),
    Function(dirs.fd_readdir, (I32, I32, I32, I64, I32)),
    Function(fds.fd_renumber, _i32(2)),
    Function(io.fd_seek, (I32, I64, I32, I32)),
    Function(files.fd_sync, _i32(1)),
    Function(io.fd_tell, _i32(2)),
    Function(io.fd_write, _i32(4)),
    Function(dirs.path_create_directory, _i32(3)),
    Function(paths.path_filestat_get, _i32(5)),
    Function(paths.path_filestat_set_times, (*_i32(4), I64, I64, I32)),
    Function(paths.path_link, _i32(7)),
    Function(opening.path_open, (*_i32(5), I64, I64, I32, I32)),
    Function(paths.path_readlink, _i32(6)),
    Function(dirs.path_remove_directory, _i32(3)),
    Function(paths.path_rename, _i32(6)),
    Function(paths.path_symlink, _i32(5)),
    Function(dirs.path_unlink_file, _i32(3)),
    Function(poll.poll_oneoff, _i32(4)),
    Function(proc.proc_exit, _i32(1), ()),
    Function(proc.proc_raise, _i32(1)),
    Function(proc.sched_yield, ()),
    Function(random.random_get, _i32(2)),
    Function(sockets.sock_accept, _i32(3)),
    Function(sockets.sock_recv, _i32(6)),
    Function(sockets.sock_send, _i32(5)),
    Function(sockets.sock_shutdown, _i32(2)),
)


def bind(process: Process, function: Function, abi: Abi) -> HostFunction:
    """The function as the runtime calls it: every failure becomes an errno."""
    run = function.run

    def call(caller: Caller, *values: Any) -> int:
        guest = Guest(caller, abi)
        done = noted(process, function.name, values, guest) if process.call is not None else None
        try:
            run(process, guest, *values)
        except Failure as failure:
            return int(failure.errno)
        except MemoryError:
            return int(Errno.NOMEM)
        except OSError as error:
            return int(from_host(error))
        if done is not None:
            done()
        return int(Errno.SUCCESS)

    return call


def define(linker: Linker, process: Process, abi: Abi) -> None:
    """Define all functions of one ABI under its module name."""
    for function in FUNCTIONS:
        if function.name not in abi.absent:
            linker.define_host(abi.module, function.name, function.functype,
                               bind(process, function, abi))
