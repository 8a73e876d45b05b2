"""A guest without an engine: its memory is a bytearray, and its calls are Python calls."""

from __future__ import annotations

from struct import Struct
from typing import Any

from gabagool.errors import Trap
from gabagool.types import FuncType
from gabagool.wasi import Wasi, WasiConfig
from gabagool.wasi.types import DIRENT, EVENT, IOVEC, PREVIEW1, Abi, Right

SIZE = 1 << 16
RESULT, BUFFER, VECTORS, PATH, PATH2 = 0x100, 0x8000, 0x200, 0x1000, 0x3000
READ_WRITE = Right.ALL & ~Right.FD_READDIR
READ_ONLY = Right.ALL & ~(Right.FD_WRITE | Right.FD_ALLOCATE | Right.FD_FILESTAT_SET_SIZE)


class FakeMemory:
    def __init__(self) -> None:
        self.data = bytearray(SIZE)

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, addr: int, n: int) -> bytes:
        self._check(addr, n)
        return bytes(self.data[addr:addr + n])

    def write(self, addr: int, data: bytes) -> None:
        self._check(addr, len(data))
        self.data[addr:addr + len(data)] = data

    def _check(self, addr: int, n: int) -> None:
        if addr + n > len(self.data):
            raise Trap("out of bounds memory access")


class FakeCaller:
    def __init__(self) -> None:
        self.memory = FakeMemory()
        self.written: list[tuple[int, bytes]] = []

    def output(self, fd: int, data: bytes) -> None:
        self.written.append((fd, data))


class Program:
    """A WASI program: `call` gives the errno of any function, the others wrap the common ones."""

    def __init__(self, config: WasiConfig, abi: Abi = PREVIEW1) -> None:
        self.caller = FakeCaller()
        self.memory = self.caller.memory
        self.abi = abi
        self.functions: dict[tuple[str, str], Any] = {}
        self.types: dict[tuple[str, str], FuncType] = {}
        self.wasi = Wasi(config)
        self.wasi.define(self)

    def define_host(self, module: str, name: str, functype: FuncType, fn: Any) -> None:
        assert (module, name) not in self.functions
        self.functions[module, name] = fn
        self.types[module, name] = functype

    def call(self, name: str, *args: int) -> int:
        functype = self.types[self.abi.module, name]
        assert len(args) == len(functype.params), name
        errno = self.functions[self.abi.module, name](self.caller, *args)
        assert type(errno) is int
        return errno

    def traps(self, name: str, *args: int) -> bool:
        """Whether a call traps because of one of its pointers."""
        try:
            errno = self.call(name, *args)
        except Trap as trap:
            return "pointer to a WASI function" in trap.message
        raise AssertionError(f"{name} did not trap, its errno is {errno}")

    # -- memory -----------------------------------------------------------------------------

    def u32(self, addr: int = RESULT) -> int:
        return int.from_bytes(self.memory.read(addr, 4), "little")

    def u64(self, addr: int = RESULT) -> int:
        return int.from_bytes(self.memory.read(addr, 8), "little")

    def struct(self, layout: Struct, addr: int = RESULT) -> tuple[Any, ...]:
        return layout.unpack(self.memory.read(addr, layout.size))

    def filestat(self) -> tuple[int, ...]:
        """The filestat at RESULT."""
        return self.struct(self.abi.filestat)

    def put(self, text: str | bytes, addr: int = PATH) -> tuple[int, int]:
        data = text.encode() if isinstance(text, str) else text
        self.memory.write(addr, data)
        return addr, len(data)

    def vectors(self, *sizes: int) -> tuple[int, int]:
        """An iovec array over consecutive parts of BUFFER."""
        start = BUFFER
        for index, size in enumerate(sizes):
            self.memory.write(VECTORS + index * IOVEC.size, IOVEC.pack(start, size))
            start += size
        return VECTORS, len(sizes)

    # -- calls ------------------------------------------------------------------------------

    def open(self, path: str | bytes, oflags: int = 0, base: int = READ_WRITE, *, fd: int = 3,
             follow: int = 1, inheriting: int = Right.ALL, fdflags: int = 0) -> int:
        """The errno of path_open; the descriptor is then at RESULT."""
        return self.call("path_open", fd, follow, *self.put(path), oflags, base, inheriting,
                         fdflags, RESULT)

    def opened(self, path: str | bytes, oflags: int = 0, base: int = READ_WRITE,
               **options: int) -> int:
        """The descriptor of path_open, which must succeed."""
        assert self.open(path, oflags, base, **options) == 0
        return self.u32()

    def write(self, fd: int, data: bytes) -> int:
        self.memory.write(BUFFER, data)
        return self.call("fd_write", fd, *self.vectors(len(data)), RESULT)

    def read(self, fd: int, size: int = 100) -> bytes:
        """What fd_read gives, which must succeed."""
        assert self.call("fd_read", fd, *self.vectors(size), RESULT) == 0
        return self.memory.read(BUFFER, self.u32())

    def seek(self, fd: int, offset: int, whence: int = 0) -> int:
        return self.call("fd_seek", fd, offset & (1 << 64) - 1, whence, RESULT)

    def tell(self, fd: int) -> int:
        assert self.call("fd_tell", fd, RESULT) == 0
        return self.u64()

    def at(self, name: str, path: str | bytes, fd: int = 3) -> int:
        """A call of the form (fd, path): path_create_directory and the like."""
        return self.call(name, fd, *self.put(path))

    def stat(self, path: str | bytes, follow: int = 1, fd: int = 3) -> int:
        return self.call("path_filestat_get", fd, follow, *self.put(path), RESULT)

    def symlink(self, text: str | bytes, path: str | bytes) -> int:
        return self.call("path_symlink", *self.put(text, PATH2), 3, *self.put(path))

    def rename(self, old: str, new: str, fd: int = 3, to: int = 3) -> int:
        return self.call("path_rename", fd, *self.put(old), to, *self.put(new, PATH2))

    def link(self, old: str, new: str, follow: int = 0) -> int:
        return self.call("path_link", 3, follow, *self.put(old), 3, *self.put(new, PATH2))

    def entries(self, fd: int, cookie: int = 0, size: int = 4096) -> list[tuple[int, bytes, int]]:
        """(next cookie, name, type) of the whole entries that fd_readdir gives."""
        assert self.call("fd_readdir", fd, BUFFER, size, cookie, RESULT) == 0
        data, found = self.memory.read(BUFFER, self.u32()), []
        while len(data) >= DIRENT.size:
            following, _, length, kind = DIRENT.unpack_from(data)
            name = data[DIRENT.size:DIRENT.size + length]
            if len(name) == length:
                found.append((following, name, kind))
            data = data[DIRENT.size + length:]
        return found

    def poll(self, *subscriptions: bytes) -> list[tuple[int, ...]]:
        """The events (userdata, error, type, nbytes, flags) of poll_oneoff."""
        raw = b"".join(subscriptions)
        assert self.call("poll_oneoff", self.put(raw)[0], BUFFER, len(subscriptions), RESULT) == 0
        return list(EVENT.iter_unpack(self.memory.read(BUFFER, self.u32() * EVENT.size)))
