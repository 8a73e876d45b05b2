"""The debugger without a terminal: command lines in, one block of text or JSON object each out."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from debugger.commands.registry import Context, Result, execute
from debugger.exchange import CommandError
from debugger.session import Session

PROMPT = "(gaba) "
_BREAKS = re.compile("[\x85\u2028\u2029]")     # what ends lines in Unicode, but not in JSON
_BLOCK = re.compile(r"commands(?:\s+\d+)?")


@dataclass(frozen=True, slots=True)
class Line:
    """A command, where it was written, and what is wrong with it as it stands there."""

    text: str
    source: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """Commands in the order given: kind 'file' (path, '-' for standard input) or 'text'."""

    kind: str
    value: str


def script_lines(scripts: Iterable[Script]) -> Iterator[Line]:
    """The lines of all scripts. Files are opened when it is their turn, so - can be a pipe."""
    for script in scripts:
        if script.kind == "text":
            yield Line(script.value, "-ex")
        elif script.value == "-":
            yield from _numbered(sys.stdin, "standard input")
        else:
            try:
                with Path(script.value).open(encoding="utf-8") as file:
                    yield from _numbered(file, script.value)
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
                raise CommandError(f"can't read {script.value}: {reason}") from None


def _numbered(file: Iterable[str], name: str) -> Iterator[Line]:
    for number, text in enumerate(file, 1):
        yield Line(text.rstrip("\n"), f"{name}:{number}")


def run_batch(session: Session, scripts: Iterable[Script], *, as_json: bool = False,
              out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Runs every command up to `quit` or the first error. Returns the exit code."""
    out, err = out or sys.stdout, err or sys.stderr
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")      # guests print what they like
    context = Context(session)
    for line in _whole(script_lines(scripts)):
        if not line.text.strip() or line.text.lstrip().startswith("#"):
            continue
        try:
            if line.fault:
                raise CommandError(line.fault)
            result = execute(context, line.text)
        except CommandError as error:
            print(_failure(session, line, error, as_json), file=out, flush=True)
            print(f"gaba-debug: {line.source}: {error}", file=err)
            return 1
        print(_block(session, line, result, as_json), file=out, flush=True)
        if result.quit:
            break
    return 0


def _whole(lines: Iterator[Line]) -> Iterator[Line]:
    """`commands 2` and what follows up to `end` are one command."""
    for line in lines:
        if not _BLOCK.fullmatch(line.text.strip()):
            yield line
            continue
        texts = [line.text.strip()]
        for inner in lines:
            texts.append(inner.text.strip())
            if texts[-1] == "end":
                break
        else:
            yield Line(line.text, line.source, "'commands' has no 'end'")
            return
        yield Line("\n".join(texts), line.source)


def _block(session: Session, line: Line, result: Result, as_json: bool) -> str:
    if as_json:
        return _object(session, line, True, result.arrival.reason if result.arrival else None,
                       result=dict(result.data))
    return f"{PROMPT}{line.text}\n{result.text}\n" if result.text else f"{PROMPT}{line.text}\n"


def _failure(session: Session, line: Line, error: CommandError, as_json: bool) -> str:
    if as_json:
        return _object(session, line, False, None, error=str(error))
    return f"{PROMPT}{line.text}\nerror: {error}\n"


def _object(session: Session, line: Line, ok: bool, reason: str | None,
            **more: object) -> str:
    """One JSON object on one line; every object has the same first five keys."""
    text = json.dumps({"command": line.text.strip(), "ok": ok, "step": session.cursor,
                       "where": session.where_here(), "reason": reason, **more},
                      ensure_ascii=False)
    return _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
