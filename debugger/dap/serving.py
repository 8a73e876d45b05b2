"""`gaba-debug --dap`: the adapter on standard input and output, or on a TCP port."""

from __future__ import annotations

import os
import socket
import sys
from threading import Thread
from typing import BinaryIO

from debugger.dap.adapter import Adapter
from debugger.dap.wire import Writer, messages
from debugger.exchange import CommandError

LOCALHOST = "127.0.0.1"


def converse(reader: BinaryIO, out: BinaryIO) -> None:
    """One client, until it disconnects or its stream ends."""
    writer = Writer(out)
    adapter = Adapter(writer)
    try:
        for message in messages(reader, adapter.complain):
            adapter.take(message)
            if message.get("command") == "disconnect":
                break
    except OSError as error:            # the connection broke
        print(f"gaba-debug: the client has gone: {error}", file=sys.stderr)
    finally:
        adapter.quit(drain=True)


def serve_stdio() -> int:
    """Messages have the two streams for themselves: whatever else prints goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    converse(sys.stdin.buffer, out)
    return 0


def serve_tcp(where: str) -> int:
    """Serves clients, each its own session, until interrupted. `where` is PORT or HOST:PORT."""
    host, port = parse_address(where)
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise CommandError(f"can't listen on {host}:{port}: {error.strerror or error}") from None
    with listener:
        bound = listener.getsockname()
        print(f"gaba-debug: listening on {bound[0]}:{bound[1]}", file=sys.stderr, flush=True)
        while True:
            client, _ = listener.accept()
            Thread(target=_serve_client, args=(client,), daemon=True).start()


def _serve_client(client: socket.socket) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client, client.makefile("rb") as reader, client.makefile("wb") as out:
        converse(reader, out)


def parse_address(where: str) -> tuple[str, int]:
    """'4711', 'localhost:4711' or ':4711' (the last two for what they say: all interfaces is
    0.0.0.0:4711)."""
    host, _, port = where.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise CommandError(f"--dap-port takes PORT or HOST:PORT, not '{where}'")
    return host.strip("[]") or LOCALHOST, int(port)
