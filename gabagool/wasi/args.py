"""`args_*` and `environ_*`: two lists of NUL-terminated strings, handed over in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from typing import TYPE_CHECKING

from gabagool.wasi.guest import Guest

if TYPE_CHECKING:
    from gabagool.wasi.process import Process


def args_get(process: Process, guest: Guest, argv: int, argv_buf: int) -> None:
    """The arguments: pointers at `argv`, the strings at `argv_buf`."""
    _strings(guest, process.args, argv, argv_buf)


def args_sizes_get(process: Process, guest: Guest, count: int, size: int) -> None:
    """The number of arguments and the bytes of their strings."""
    _sizes(guest, process.args, count, size)


def environ_get(process: Process, guest: Guest, environ: int, environ_buf: int) -> None:
    """The environment as `KEY=VALUE` strings: pointers at `environ`, strings at `environ_buf`."""
    _strings(guest, process.environ, environ, environ_buf)


def environ_sizes_get(process: Process, guest: Guest, count: int, size: int) -> None:
    """The number of environment variables and the bytes of their strings."""
    _sizes(guest, process.environ, count, size)


def _strings(guest: Guest, strings: Sequence[bytes], pointers: int, buffer: int) -> None:
    addresses = []
    end = buffer
    for string in strings:
        addresses.append(end)
        end += len(string) + 1
    guest.check(buffer, end - buffer)
    guest.write(pointers, pack(f"<{len(addresses)}I", *addresses), 4)
    guest.write(buffer, b"".join(string + b"\0" for string in strings))


def _sizes(guest: Guest, strings: Sequence[bytes], count: int, size: int) -> None:
    guest.put_u32(count, len(strings))
    guest.put_u32(size, sum(len(string) + 1 for string in strings))
