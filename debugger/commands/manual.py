"""help and quit."""

from __future__ import annotations

from collections.abc import Callable

from debugger.commands.action import Action, Context, Result, no_arguments

_GROUP = "The debugger"


def make(actions: Callable[[], tuple[Action, ...]],
         find: Callable[[str], Action]) -> tuple[Action, ...]:
    """help reads the registry that it stands in, so it gets it when asked."""
    def help_(_context: Context, text: str) -> Result:
        chosen = (find(text.strip()),) if text.strip() else actions()
        return Result(_page(chosen), {"commands": [
            {"words": action.words, "usage": action.usage, "help": action.help,
             "keys": action.keys} for action in chosen]})

    return (
        Action("help", ("help", "h"), ("question_mark", "f1"), "this list, or one command",
               _GROUP, help_, "[COMMAND]"),
        Action("quit", ("quit", "q", "exit"), ("q", "ctrl+q"), "leave the debugger", _GROUP,
               _quit),
    )


def _page(chosen: tuple[Action, ...]) -> str:
    lines: list[str] = []
    group = ""
    for action in chosen:
        if action.group != group:
            group = action.group
            lines += ["", group]
        spelled = " ".join(part for part in (", ".join(action.words), action.usage) if part)
        lines.append(f"  {spelled}")
        lines.append(f"      {action.help}")
    return "\n".join(lines).strip("\n")


def _quit(_context: Context, text: str) -> Result:
    no_arguments("quit", text)
    return Result(quit=True)
