"""TCP sockets: listening, accepting, receiving, sending, polling, and what a snapshot does."""

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from gabagool.errors import Interrupted, SnapshotError
from gabagool.wasi import ConfigError, Wasi, WasiConfig
from gabagool.wasi.errno import Errno
from gabagool.wasi.types import EVENTRW_HANGUP, FDSTAT, Fdflags, Filetype, Oflags, Right
from tests.wasi.program import BUFFER, READ_ONLY, RESULT, Program
from tests.wasi.test_wasi_poll import READ, WRITE, clock, ready
from tests.wasi.test_wasi_state import through_a_file

ANY = "127.0.0.1:0"
PEEK, WAITALL = 1, 2
RD, WR = 1, 2
LISTENER, FLAGS = 3, RESULT + 8


def server(**options: object) -> Program:
    return Program(WasiConfig(stdin=None, stdout=None, stderr=None, listen=(ANY,),
                              **options))  # type: ignore[arg-type]


@pytest.fixture
def listening() -> Iterator[Program]:
    program = server()
    with program.wasi:
        yield program


def connect(program: Program) -> socket.socket:
    return socket.create_connection(program.wasi.table.listeners.addresses[0], timeout=10)


def accept(program: Program, flags: int = 0) -> int:
    assert program.call("sock_accept", LISTENER, flags, RESULT) == 0
    return program.u32()


def receive(program: Program, fd: int, size: int, flags: int = 0) -> bytes:
    assert program.call("sock_recv", fd, *program.vectors(size), flags, RESULT, FLAGS) == 0
    assert program.memory.read(FLAGS, 2) == b"\0\0"
    return program.memory.read(BUFFER, program.u32())


def send(program: Program, fd: int, data: bytes, flags: int = 0) -> int:
    program.memory.write(BUFFER, data)
    return program.call("sock_send", fd, *program.vectors(len(data)), flags, RESULT)


def test_a_conversation(listening: Program) -> None:
    with connect(listening) as client:
        fd = accept(listening)
        client.sendall(b"hello there")
        assert receive(listening, fd, 5) == b"hello"
        assert listening.read(fd) == b" there"
        assert send(listening, fd, b"and ") == 0 and listening.u32() == 4
        assert listening.write(fd, b"back") == 0
        assert listening.call("sock_shutdown", fd, WR) == 0
        assert client.makefile("rb").read() == b"and back"
        assert send(listening, fd, b"more") == Errno.PIPE
        client.shutdown(socket.SHUT_WR)
        assert receive(listening, fd, 5) == b""
        assert listening.call("fd_close", fd) == 0
    assert listening.call("sock_recv", fd, *listening.vectors(1), 0, RESULT, FLAGS) == Errno.BADF


def test_listening_sockets_stand_behind_the_directories(tmp_path: os.PathLike[str]) -> None:
    program = Program(WasiConfig(stdin=None, dirs=((os.fspath(tmp_path), "/"),),
                                 listen=(ANY, "[::1]:0") if socket.has_ipv6 else (ANY,)))
    with program.wasi:
        assert program.call("fd_prestat_get", 3, RESULT) == 0
        for fd in range(4, 4 + len(program.wasi.table.listeners.names)):
            assert program.call("fd_prestat_get", fd, RESULT) == Errno.BADF
            assert program.call("fd_fdstat_get", fd, RESULT) == 0
            assert program.struct(FDSTAT) == (Filetype.SOCKET_STREAM, 0, Right.LISTENER,
                                              Right.CONNECTION)


def test_flags_and_errors(listening: Program) -> None:
    for fd, errno in ((1, Errno.NOTSOCK), (99, Errno.BADF)):
        assert listening.call("sock_accept", fd, 0, RESULT) == errno
    assert listening.call("sock_accept", LISTENER, Fdflags.APPEND, RESULT) == Errno.INVAL
    vectors = listening.vectors(4)
    for call in (("sock_recv", *vectors, 0, RESULT, FLAGS), ("sock_send", *vectors, 0, RESULT),
                 ("fd_read", *vectors, RESULT), ("fd_write", *vectors, RESULT),
                 ("sock_shutdown", RD)):
        assert listening.call(str(call[0]), LISTENER, *map(int, call[1:])) == Errno.NOTCONN, call
    with connect(listening):
        fd = accept(listening)
        assert listening.call("sock_accept", fd, 0, RESULT) == Errno.NOTCAPABLE
        assert listening.call("sock_recv", fd, *vectors, 4, RESULT, FLAGS) == Errno.INVAL
        assert send(listening, fd, b"x", 1) == Errno.INVAL
        for how in (0, 4, 7):
            assert listening.call("sock_shutdown", fd, how) == Errno.INVAL
        for name, *args in (("fd_seek", 0, 0, RESULT), ("fd_tell", RESULT),
                            ("fd_pread", *vectors, 0, RESULT)):
            assert listening.call(str(name), fd, *map(int, args)) == Errno.SPIPE
        assert listening.call("fd_sync", fd) == Errno.BADF
        assert listening.open("x", 0, READ_ONLY, fd=fd) == Errno.NOTDIR
        assert listening.call("fd_filestat_get", fd, RESULT) == 0
        assert listening.filestat()[2] == Filetype.SOCKET_STREAM


def test_rights(listening: Program) -> None:
    with connect(listening):
        fd = accept(listening)
        assert listening.call("fd_fdstat_set_rights", fd, 0, 0) == 0
        for name, args in (("sock_recv", (*listening.vectors(1), 0, RESULT, FLAGS)),
                           ("sock_send", (*listening.vectors(1), 0, RESULT)),
                           ("sock_shutdown", (RD,)), ("fd_read", (*listening.vectors(1), RESULT))):
            assert listening.call(name, fd, *args) == Errno.NOTCAPABLE, name
        assert listening.call("fd_fdstat_set_rights", LISTENER, 0, 0) == 0
        assert listening.call("sock_accept", LISTENER, 0, RESULT) == Errno.NOTCAPABLE


def test_nothing_blocks_that_must_not(listening: Program) -> None:
    assert listening.call("fd_fdstat_set_flags", LISTENER, Fdflags.NONBLOCK) == 0
    assert listening.call("sock_accept", LISTENER, 0, RESULT) == Errno.AGAIN
    with connect(listening) as client:
        assert listening.poll(ready(LISTENER, READ))[0][:3] == (2, 0, READ)
        fd = accept(listening, Fdflags.NONBLOCK)
        vectors = listening.vectors(4)
        assert listening.call("sock_recv", fd, *vectors, 0, RESULT, FLAGS) == Errno.AGAIN
        assert listening.call("sock_recv", fd, *vectors, WAITALL, RESULT, FLAGS) == Errno.AGAIN
        assert listening.call("fd_read", fd, *vectors, RESULT) == Errno.AGAIN
        client.sendall(b"ab")
        assert listening.poll(ready(fd, READ))[0][:4] == (2, 0, READ, 2)
        assert receive(listening, fd, 4, WAITALL) == b"ab"  # all there is: it must not wait
        sent = 0
        while send(listening, fd, bytes(30_000)) == 0:
            sent += listening.u32()
        assert sent and send(listening, fd, bytes(30_000)) == Errno.AGAIN


def test_peeking_and_waiting_for_all(listening: Program) -> None:
    with connect(listening) as client:
        fd = accept(listening)
        client.sendall(b"abc")
        assert receive(listening, fd, 2, PEEK) == b"ab"
        assert receive(listening, fd, 9, PEEK) == b"abc"
        timer = threading.Timer(0.05, client.sendall, (b"defghi",))
        timer.start()
        assert receive(listening, fd, 8, WAITALL) == b"abcdefgh"
        timer.join()
        client.shutdown(socket.SHUT_WR)
        assert receive(listening, fd, 8, WAITALL) == b"i"


def test_polling(listening: Program) -> None:
    assert listening.poll(ready(LISTENER, READ), clock(1)) == [(1, 0, 0, 0, 0)]
    assert listening.poll(ready(LISTENER, WRITE))[0][1] == Errno.NOTCONN
    with connect(listening) as client:
        fd = accept(listening)
        assert listening.poll(ready(fd, READ), ready(fd, WRITE, 3)) == [(3, 0, WRITE, 1, 0)]
        client.close()
        ((_, error, kind, _, _),) = listening.poll(ready(fd, READ))
        assert (error, kind) == (0, READ)
        assert receive(listening, fd, 1) == b""


@pytest.mark.parametrize("what", ["accept", "receive"])
def test_waiting_can_be_interrupted(what: str) -> None:
    wake = threading.Event()
    program = server(wake=wake)
    with program.wasi, connect(program) as client:
        fd = accept(program)
        call = (("sock_accept", LISTENER, 0, RESULT) if what == "accept" else
                ("sock_recv", fd, *program.vectors(4), WAITALL, RESULT, FLAGS))
        timer = threading.Timer(0.05, wake.set)
        timer.start()
        with pytest.raises(Interrupted):
            program.call(*call)
        timer.join()
        wake.clear()
        client.sendall(b"late")
        assert receive(program, fd, 4) == b"late"  # nothing was lost


def test_going_back_in_the_same_process_keeps_connections(listening: Program) -> None:
    before = listening.wasi.state()
    with connect(listening) as client:
        fd = accept(listening)
        after = listening.wasi.state()
        listening.wasi.restore(through_a_file(before))
        assert listening.call("fd_read", fd, *listening.vectors(1), RESULT) == Errno.BADF
        listening.wasi.restore(through_a_file(after))
        client.sendall(b"still here")
        assert receive(listening, fd, 20) == b"still here"


def test_in_another_process_connections_are_reset(listening: Program) -> None:
    """… but the listening socket goes on, so a server does too."""
    with connect(listening):
        fd = accept(listening)
        other = server()
        with other.wasi:
            other.wasi.restore(through_a_file(listening.wasi.state()))
            other.wasi.reopen()
            vectors = other.vectors(1)
            assert other.call("sock_recv", fd, *vectors, 0, RESULT, FLAGS) == Errno.CONNRESET
            assert other.call("sock_send", fd, *vectors, 0, RESULT) == Errno.CONNRESET
            assert other.call("fd_read", fd, *vectors, RESULT) == Errno.CONNRESET
            assert other.poll(ready(fd, READ))[0][1] == Errno.CONNRESET
            assert other.call("fd_fdstat_get", fd, RESULT) == 0
            assert other.call("fd_close", fd) == 0
            with connect(other) as client:
                client.sendall(b"new")
                assert receive(other, accept(other), 3) == b"new"


def test_listening_sockets_must_fit(listening: Program) -> None:
    state = listening.wasi.state()
    for listen in ((), ("127.0.0.1:0", ANY)):
        with (Wasi(WasiConfig(stdin=None, listen=listen)) as wasi,
              pytest.raises(SnapshotError, match="sockets to listen on")):
            wasi.restore(state)


@pytest.mark.parametrize("address", ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:http",
                                     "127.0.0.1:70000", "192.0.2.1:1", "::1:0:"])
def test_bad_addresses(address: str) -> None:
    with pytest.raises(ConfigError, match="listen on"):
        Wasi(WasiConfig(listen=(address,)))


def test_renumbering_and_closing(listening: Program) -> None:
    with connect(listening) as client:
        fd = accept(listening)
        assert listening.call("fd_renumber", fd, 0) == 0
        client.sendall(b"as stdin")
        assert listening.read(0) == b"as stdin"
        assert listening.call("fd_close", 0) == 0
        assert client.recv(1) == b""


def test_a_hang_up_is_told(listening: Program) -> None:
    with connect(listening) as client:
        fd = accept(listening)
        assert listening.call("sock_shutdown", fd, WR) == 0
        client.shutdown(socket.SHUT_RDWR)
        ((_, error, _, _, flags),) = listening.poll(ready(fd, READ))
        assert (error, flags) == (0, EVENTRW_HANGUP)


def test_no_socket_without_permission(listening: Program) -> None:
    """A guest cannot make sockets out of files."""
    assert listening.open("x", Oflags.CREAT, fd=LISTENER) == Errno.NOTDIR
