"""Requests that change the program: each starts a branch in time, or changes the one just begun."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from debugger.dap.arguments import Arguments
from debugger.dap.asking import computed
from debugger.dap.handler import Body, Handler
from debugger.dap.inspecting import described, select
from debugger.dap.variables import Inside, Shown, parse_reference
from debugger.exchange import CommandError

if TYPE_CHECKING:
    from debugger.dap.adapter import Adapter

_MOST_BYTES = 1 << 16       # of one writeMemory
# How values are shown, which editors offer to be changed: `65 'A'`, `16320 0x3fc0`, `0x40 "ok"`.
_SHOWN = re.compile(r"""(-?\d+|0x[0-9a-f]+) (?:0x[0-9a-f]+|'.*'|".*"…?)""")


def _set_variable(adapter: Adapter, args: Arguments) -> Body:
    inside = adapter.handles.inside(args.integer("variablesReference"))
    name, value = args.text("name"), _value(args)
    select(adapter, inside)
    found = inside.find(name)
    if found is None:
        raise CommandError(f"there is no {name}")
    if not found.expression:
        raise CommandError(f"{name} can't be set")
    _edit(adapter, f"{found.expression} = {value}")
    after = inside.find(name) or found
    return _told(adapter, inside, after)


def _value(args: Arguments) -> str:
    text = args.text("value").strip()
    shown = _SHOWN.fullmatch(text)
    return shown[1] if shown else text


def _told(adapter: Adapter, inside: Inside, shown: Shown) -> Body:
    told = described(adapter, shown)
    return {key: told[key] for key in told.keys() - {"name", "evaluateName"}}


def _set_expression(adapter: Adapter, args: Arguments) -> Body:
    text, value = args.text("expression").strip(), _value(args)
    if "frameId" in args:
        adapter.session.select_frame(adapter.handles.frame(args.integer("frameId")).level)
    _edit(adapter, f"{text} = {value}")
    told = computed(adapter, text, args.inner("format").flag("hex"))
    return {"value": told.pop("result"), **told}


def _write_memory(adapter: Adapter, args: Arguments) -> Body:
    memory, base = parse_reference(args.text("memoryReference"))
    try:
        data = base64.b64decode(args.text("data"), validate=True)
    except (binascii.Error, ValueError):
        raise CommandError("writeMemory: 'data' must be base64") from None
    start, sizes = base + args.integer("offset", 0), adapter.session.memory_sizes()
    if not 0 <= memory < len(sizes):
        raise CommandError(f"there is no memory {memory}: the program has {len(sizes)}")
    room = max(0, sizes[memory] - start) if start >= 0 else 0
    if len(data) > room and not args.flag("allowPartial"):
        raise CommandError(f"{start:#x} to {start + len(data):#x} is outside of memory {memory}")
    data = data[:room]
    if len(data) > _MOST_BYTES:
        raise CommandError(f"writeMemory writes at most {_MOST_BYTES:,} bytes at once")
    if data:
        text = "".join(f"\\x{byte:02x}" for byte in data)
        where = f"memory {memory}: " if memory else ""
        _edit(adapter, f'{where}{start:#x}, {len(data)} = "{text}"')
    return {"bytesWritten": len(data)}


def _edit(adapter: Adapter, text: str) -> None:
    """What has been recorded beyond this step belongs to another branch now: the user is told."""
    arrival = adapter.session.edit(text)

    def tell() -> None:
        adapter.writer.event("output", {"category": "console", "output": f"{arrival.message}\n"})
        if adapter.client.flag("supportsInvalidatedEvent"):
            adapter.writer.event("invalidated", {"areas": ["all"]})
    adapter.then(tell)


HANDLERS = {
    "setVariable": Handler(_set_variable),
    "setExpression": Handler(_set_expression),
    "writeMemory": Handler(_write_memory),
}
