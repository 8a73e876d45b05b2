"""Keeping what is recorded."""

from __future__ import annotations

from debugger.commands.action import Action, Context, Result
from debugger.exchange import CommandError


def _save(context: Context, text: str) -> Result:
    if not text:
        raise CommandError("save needs a file name, such as crash.gaba; gaba-debug crash.gaba "
                           "opens it again, anywhere")
    size = context.session.save(text)
    return Result(f"saved to {text}: {size:,} bytes", {"file": text, "bytes": size})


ACTIONS = (
    Action("save", ("save", "record-save"), (), "write the recording to a file that gaba-debug "
           "opens anywhere", "The debugger", _save, "FILE"),
)
