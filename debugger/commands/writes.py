"""Who wrote this? Back to the last write of memory before the cursor."""

from __future__ import annotations

from debugger.commands.action import Action, Context, Result
from debugger.commands.motion import arrived
from debugger.commands.objects import compute
from debugger.exchange import CommandError
from debugger.steps import parse_count

_MOST = 65536            # bytes that may be asked about at once


def _last_write(context: Context, text: str) -> Result:
    where, _, size_text = text.partition(",")
    if not where.strip():
        raise CommandError("last-write needs an address, and a size in bytes if it isn't 1: "
                           "last-write 0x101e0, 4")
    size = parse_count(size_text.strip() or "1")
    if size is None or not 1 <= size <= _MOST:
        raise CommandError(f"'{size_text.strip()}' is not a size of 1 to {_MOST} bytes")
    session = context.session
    address = compute(session, where).address
    return arrived(context, session.last_write(0, address, size, cancel=context.cancel,
                                               progress=context.progress))


ACTIONS = (
    Action("last_write", ("last-write", "lw", "who-wrote"), ("W",),
           "back to the instruction that last wrote memory: the selected byte, or an address",
           "Moving in time", _last_write, "ADDRESS[, SIZE]"),
)
