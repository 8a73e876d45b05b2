"""What if? Edits, branches, and what they have led to."""

from __future__ import annotations

from dataclasses import asdict

from debugger.commands.action import Action, Context, Result, no_arguments
from debugger.commands.motion import arrived
from debugger.comparison import Comparison, Side
from debugger.exchange import CommandError
from debugger.steps import counted, grouped
from debugger.views import BranchView
from gabagool.history.differences import Difference

_GROUP = "What if?"
_LINES = 40
_BYTES = 16


def _edit(context: Context, text: str) -> Result:
    return arrived(context, context.session.edit(text))


def branch_line(view: BranchView) -> str:
    """`► b1   from main at step 1,001: $n 5 → 6   3,204 steps`."""
    mark = "►" if view.current else " "
    steps = f"{grouped(view.total)} steps{'' if view.ended else ' so far'}"
    if not view.parent:
        return f"{mark} {view.name:6} {steps}: what has really happened"
    return (f"{mark} {view.name:6} {steps}: from {view.parent} at step {grouped(view.fork)}, "
            f"{view.edit}; {host_line(view)}")


def host_line(view: BranchView) -> str:
    """Where a branch's host calls went."""
    if view.live is None and not view.replayed:
        return "no host calls"
    same = f"{counted(view.replayed, 'host call')} answered as on {view.parent}"
    if view.live is None:
        return same
    own = ", with its own copies of files" if view.own_files else ""
    if not view.exact_files:
        own += f" (as they were found, not as they had been on {view.parent})"
    return f"{same}, the host itself is called since step {grouped(view.live)}{own}"


def branches_result(context: Context) -> Result:
    """The list of branches."""
    found = context.session.branches()
    return Result("\n".join(map(branch_line, found)),
                  {"branches": [asdict(view) for view in found]})


def _branch(context: Context, text: str) -> Result:
    if not text.strip():
        return branches_result(context)
    return arrived(context, context.session.switch(text.strip(), cancel=context.cancel,
                                                   progress=context.progress))


def _next_branch(context: Context, text: str) -> Result:
    no_arguments("branch-next", text)
    return arrived(context, context.session.switch(None, cancel=context.cancel,
                                                   progress=context.progress))


def _delete(context: Context, text: str) -> Result:
    if not text.strip():
        raise CommandError("branch-delete needs the name of a branch")
    context.session.delete_branch(text.strip())
    return Result(f"branch {text.strip()} deleted", {"deleted": text.strip()})


def _compare(context: Context, text: str) -> Result:
    session, words = context.session, text.split()
    names = {view.name for view in session.branches()}
    name = words.pop(0) if words and words[0] in names else None
    if len(words) > 1 or (words and words[0][0] not in "0123456789+-'$es"):
        raise CommandError(f"'{words[0]}' is neither a branch ({', '.join(sorted(names))}) nor a "
                           "step")
    step = session.parse_step(words[0]) if words else None
    found = session.compare(name, step, cancel=context.cancel, progress=context.progress)
    return Result("\n".join(_compared(found)), {
        "forked": found.forked, "sides": [asdict(side) for side in found.sides],
        "values": [list(value) for value in found.values], "ranges": found.ranges,
        "printed": found.printed,
        "bytes": found.bytes, "memory": [difference_data(each) for each in found.memory]})


def difference_data(each: Difference) -> dict[str, object]:
    """For machines: bytes in hexadecimal."""
    return {"memory": each.memory, "address": each.start, "old": each.old.hex(),
            "new": each.new.hex()}


def _compared(found: Comparison) -> list[str]:
    mine, theirs = found.sides
    lines = [f"{mine.name} and {theirs.name} are the same up to step {grouped(found.forked)}"]
    if mine.event_step is None and theirs.event_step is None:
        lines.append("no host call differs")
    else:
        lines.append("the first host call that differs:")
        lines += [f"  {side.name:6} {_event(side)}" for side in found.sides]
    if mine.output_step is not None or theirs.output_step is not None:
        lines.append(f"they print the same for {counted(found.printed, 'byte')}, then:")
        lines += [f"  {side.name:6} {_output(side)}" for side in found.sides]
    lines += [f"  {side.name:6} ends with {side.end} at step {grouped(side.total)}"
              for side in found.sides if side.end]
    at = grouped(mine.step) if mine.step == theirs.step else (
        f"{grouped(mine.step)} and {grouped(theirs.step)}")
    lines.append(f"state at step {at}: " + (
        "the same" if not found.values and not found.ranges else
        f"{counted(len(found.values), 'value')} and {counted(found.bytes, 'byte')} of memory in "
        f"{counted(found.ranges, 'range')} differ"))
    lines += [f"  {name}  {mine_} | {theirs_}" for name, mine_, theirs_ in found.values[:_LINES]]
    return lines + difference_lines(found.memory, found.ranges)


def _output(side: Side) -> str:
    if side.output_step is None:
        return "nothing"
    return f"step {grouped(side.output_step)}  {side.output!r}"


def _event(side: Side) -> str:
    if side.event_step is None:
        return f"makes none, up to step {grouped(side.total)}"
    return f"step {grouped(side.event_step)}  {side.event}"


def difference_lines(found: tuple[Difference, ...], total: int) -> list[str]:
    """`0x000101e0  4  a0 86 01 00 → 00 00 00 00`, some of them."""
    lines = []
    for each in found[:_LINES]:
        memory = f"memory {each.memory} " if each.memory else ""
        size = max(len(each.old), len(each.new))
        lines.append(f"  {memory}0x{each.start:08x} {size:>6,}  {_hex(each.old)} → "
                     f"{_hex(each.new)}")
    if total > _LINES:
        lines.append(f"  … and {total - _LINES:,} more")
    return lines


def _hex(data: bytes) -> str:
    return (data[:_BYTES].hex(" ") or "nothing") + ("…" if len(data) > _BYTES else "")


ACTIONS = (
    Action("edit", ("edit", "set"), ("e",),
           "change a value here and see what happens then: set var $n = 5, set {int}0x1000 = 7",
           _GROUP, _edit, "[var] LOCATION = VALUE"),
    Action("branch", ("branch",), (), "switch to a branch; without a name, list them", _GROUP,
           _branch, "[NAME]"),
    Action("next_branch", ("branch-next",), ("y",), "switch to the next branch", _GROUP,
           _next_branch),
    Action("delete_branch", ("branch-delete",), (), "forget a branch", _GROUP, _delete, "NAME"),
    Action("compare", ("compare",), ("Y",),
           "compare with another branch: first host call that differs, end, state", _GROUP,
           _compare, "[BRANCH] [STEP]"),
)
