"""A recorded WASI call as people read it: `path_open(fd=3, "notes.txt", oflags=CREAT) = fd 4`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gabagool.wasi.errno import Errno
from gabagool.wasi.records import flags, record, subscription_bytes, subscriptions
from gabagool.wasi.types import IOVEC, PREVIEW1, U32, U64, UNSTABLE, Abi
from gabagool.wasi.witx import ENUMS, FLAGS, PAIRS, SIGNATURES

Read = Callable[[int, int], bytes]      # bytes of the caller's memory before the call
Written = Sequence[tuple[int, bytes]]   # what the call wrote there: address and bytes

_SHOWN = 60             # bytes of a text that are shown
_MOST_VECTORS = 64
_WIDTHS = {"size": U32, "fd": U32, "filesize": U64, "timestamp": U64}
_SIGNED = 1 << 63
_ABIS = {abi.module: abi for abi in (PREVIEW1, UNSTABLE)}


def known(name: str) -> bool:
    """Whether "module.field" is a WASI function."""
    module, _, field = name.partition(".")
    return module in _ABIS and field in SIGNATURES


def reads(name: str) -> bool:
    """Whether memory before the call tells more of it than its arguments do."""
    return known(name) and any(kind in ("string", "ciovec_array", "subscriptions")
                               for _, kind in SIGNATURES[name.partition(".")[2]].params)


def argument_names(name: str) -> tuple[str, ...]:
    """What the parameters of "module.field" are called; () if that is no WASI function."""
    if not known(name):
        return ()
    signature, names = SIGNATURES[name.partition(".")[2]], []
    for label, kind in signature.params:
        names += [label, f"{label}_len"] if kind in PAIRS else [label]
    taken = set(names)
    return (*names, *(f"{label}_ptr" if label in taken else label
                      for label, _ in signature.results))


def describe(name: str, args: Sequence[int], results: Sequence[int], written: Written,
             read: Read | None = None, output: bytes | None = None) -> str:
    """A call of the WASI function "module.field" with its arguments, and what came of it.

    Without `read`, texts that the guest passes are addresses; `output` stands for what was
    written to a stream. `results` is empty where the call did not return.
    """
    module, _, field = name.partition(".")
    signature, todo = SIGNATURES[field], list(args)
    texts = []
    for label, kind in signature.params:
        if not todo:
            break
        value = todo.pop(0)
        length = todo.pop(0) if kind in PAIRS and todo else 0
        if kind == "subscriptions" and len(todo) > 1:
            length = todo[1]
        texts.append(_argument(label, kind, value, length, module, written, read, output))
    text = f"{field}({', '.join(texts)})"
    if not results:
        return text
    if results[0]:
        return f"{text} = {_errno(results[0])}"
    found = list(_results(signature.results, todo, written, _ABIS[module]))
    return f"{text} = {', '.join(found) or 'ok'}"


def _errno(code: int) -> str:
    return f"E{Errno(code).name}" if code < len(Errno) else f"errno {code}"


def _argument(label: str, kind: str, value: int, length: int, module: str, written: Written,
              read: Read | None, output: bytes | None) -> str:
    if kind == "string":
        return quoted(read(value, min(length, _SHOWN + 1)), length) if read else f"{value:#x}"
    if kind == "ciovec_array":
        data = output if output is not None else _gathered(value, length, read) if read else None
        return f"{value:#x}" if data is None else quoted(data, len(data))
    if kind == "iovec_array":
        return f"{length} buffer{'s' * (length != 1)}" + _scattered(written)
    if kind == "subscriptions" and read is not None:
        data = read(value, subscription_bytes(length, _ABIS[module]))
        return f"{label}={subscriptions(data, length, _ABIS[module])}"
    if kind == "out":
        return f"{length} bytes"
    if kind in ("ptr", "subscriptions"):
        return f"{label}={value:#x}"
    if kind == "fd":
        return f"{label}={value}" if label != "fd" else f"fd {value}"
    return f"{label}={_plain(kind, value, module)}"


def _plain(kind: str, value: int, module: str) -> str:
    if kind in FLAGS:
        return flags(kind, value)
    if kind in ENUMS:
        return ENUMS[kind].get(value, str(value))
    if kind == "whence":
        order = _ABIS[module].whence
        return ("SET", "CUR", "END")[order[value]] if value < len(order) else str(value)
    if kind == "filedelta" and value >= _SIGNED:
        return str(value - 2 * _SIGNED)
    return str(value)


def _results(types: Sequence[tuple[str, str]], pointers: Sequence[int], written: Written,
             abi: Abi) -> Iterator[str]:
    """What was stored where the results' pointers point."""
    for (label, kind), at in zip(types, pointers, strict=False):
        width = _WIDTHS.get(kind)
        data = next((data[at - start:] for start, data in written
                     if start <= at < start + len(data)), b"")
        if width is not None and len(data) >= width.size:
            value = width.unpack_from(data)[0]
            yield f"fd {value}" if kind == "fd" else f"{label} {value}"
        elif shown := record(kind, data, abi):
            yield shown


def _scattered(written: Written) -> str:
    """What was read into buffers: the first write of such a call, but not its count."""
    data = b"".join(data for _, data in written[:-1])
    return f" {quoted(data, len(data))}" if data else ""


def _gathered(at: int, count: int, read: Read) -> bytes | None:
    """The first bytes of what a list of ciovecs refers to; None if it lies outside memory."""
    data = b""
    for i in range(min(count, _MOST_VECTORS)):
        vector = read(at + i * IOVEC.size, IOVEC.size)
        if len(vector) < IOVEC.size:
            return None
        start, size = IOVEC.unpack(vector)
        data += read(start, min(size, _SHOWN + 1))
        if len(data) > _SHOWN:
            break
    return data


def quoted(data: bytes, length: int) -> str:
    """Bytes as a quoted text, cut where it gets long."""
    text = data[:_SHOWN].decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() and c not in '"\\' else
                    {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c, f"\\{c}" if c in '"\\' else
                                                                f"\\x{ord(c):02x}")
                    for c in text)
    return f'"{shown}"' + ("…" if length > _SHOWN else "")
