"""What a session must show at its cursor: the state of a machine that has run there from zero.

The machine is another one, in a store of its own, that never goes back: it makes the host calls
of the program itself. On a branch it takes over the edits of the branch, and its host calls are
answered from the branch's journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from debugger.branches import MAIN
from debugger.breakpoints import Breakpoints
from debugger.codeviews import CodeView
from debugger.exchange import Layout
from debugger.panels import Panels, Shown
from debugger.program import Program
from debugger.session import Session
from debugger.views import HeaderView, Screen, StateView, Value
from gabagool import Machine
from gabagool.history.recorder import Recorder
from gabagool.runtime.entities import MemoryInst
from gabagool.runtime.journal import Journal
from tests.debugger.soak.subjects import Subject

_DEEPEST = 40       # frames whose values are compared one by one
Facts = dict[str, object]


def facts(machine: Machine) -> Facts:
    """All of a machine's state, as plain values."""
    store = machine.store
    ended = machine.ended
    frames = machine.frames(_DEEPEST)
    return {
        "step": machine.step, "depth": machine.depth,
        "position": None if ended and not frames else machine.position,
        "end": ended and (ended.reason, ended.trap and ended.trap.message, ended.results,
                          ended.exit_code, ended.exception and ended.exception.message),
        "frames": [(f.instance, f.funcidx, f.offset, f.fp) for f in frames],
        "locals": [machine.locals(level) for level in range(len(frames))],
        "operands": [machine.operands(level) for level in range(len(frames))],
        "globals": [each.bits for each in store.globals],
        "memories": [bytes(memory.read(0, memory.size)) for memory in store.memories],
        "tables": [bytes(table.region.view[:table.region.size]) for table in store.tables],
        "heap": bytes(store.heap.region.view[:store.heap.region.size]),
    }


class FromZero:
    """Replays a subject's sessions on fresh machines."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self._make = subject.fresh(folder)

    @contextmanager
    def recorder(self, session: Session) -> Iterator[tuple[Program, Recorder]]:
        """Of a fresh machine, which has come to the cursor of a session, on its branch."""
        nav = session._nav
        assert nav is not None and nav.recorder.journal is not None
        program, machine = self._make()
        try:
            machine.journal = Journal()
            if session.branch != MAIN:
                machine.journal = Journal(nav.recorder.journal.entries)
                machine.journal.edits = nav.recorder.journal.edits
            recorder = Recorder(machine)
            machine.run(0)
            recorder.record(session.cursor + nav.at_end)
            yield program, recorder
        finally:
            program.close()

    def differs(self, session: Session, layout: Layout) -> str:
        """How the session's state, or what its screen shows of it, is wrong; '' if it is right."""
        return self.misshown(session, layout, session.screen(layout))

    def misshown(self, session: Session, layout: Layout, screen: Screen) -> str:
        """The same of a screen that was asked for before."""
        nav = session._nav
        assert nav is not None
        layout = replace(layout, memory_address=screen.memory.address,
                         memory_rows=-(-len(screen.memory.data) // 16))
        level = session._level(nav, layout.frame)
        with self.recorder(session) as (program, recorder):
            found = (_different(facts(nav.machine), facts(recorder.machine))
                     or _misshown(screen, recorder.machine, layout, level)
                     or unlike(plain(screen), plain(_screen(session, program, recorder, layout))))
        edits = nav.recorder.journal.edits
        return found and (f"{found}; at step {session.cursor} of {session.total} on "
                          f"{session.branch}{f', edits {edits}' if edits else ''}")


def _misshown(screen: Screen, machine: Machine, layout: Layout, level: int) -> str:
    """How a screen doesn't show what a machine has, by none of the debugger's own ways."""
    journal = machine.journal
    assert journal is not None
    printed = b"".join(data for entry in journal.entries[:journal.position]
                       for _, data in entry.output)
    memories, depth = machine.store.memories, machine.depth
    seen: Facts = {"step": screen.header.step, "printed": screen.output.total,
                   "output": screen.output.text, "memory": screen.memory.data}
    wanted: Facts = {"step": machine.step, "printed": len(printed),
                     "output": printed[-layout.output_bytes:].decode("utf-8", "replace"),
                     "memory": _bytes(memories[layout.memory], screen.memory.address,
                                      len(screen.memory.data)) if memories else b""}
    if screen.source is None:               # else calls that were inlined have levels, too
        seen |= {"depth": screen.calls.total,
                 "calls": [(f.instance, f.funcidx, f.offset) for f in screen.calls.frames]}
        wanted |= {"depth": depth, "calls": [(f.instance, f.funcidx, f.offset)
                                             for f in machine.frames(200)]}
        if depth:
            seen["locals"] = [value.bits for value in screen.state.locals]
            seen["stack"] = [value.bits for value in reversed(screen.state.stack)]
            wanted["locals"] = [bits for _, bits in machine.locals(level)]
            wanted["stack"] = [bits for _, bits in machine.operands(level)]
    return _different(seen, wanted)


def _bytes(memory: MemoryInst, address: int, size: int) -> bytes:
    return bytes(memory.region.view[address:address + size])


def _screen(session: Session, program: Program, recorder: Recorder, layout: Layout) -> Screen:
    """What another session, that has never been anywhere else, shows."""
    panels = Panels(recorder.machine, recorder, program.symbols, Breakpoints(),
                    session._entry_place, lambda: ())
    panels.state.show_vectors(session.vectors)
    level = session._level(session._nav, layout.frame)  # type: ignore[arg-type]
    return panels.screen(layout, level, Shown(session.program, "", "", {}, ()))


def _different(seen: Facts, wanted: Facts) -> str:
    for name, value in wanted.items():
        if seen[name] != value:
            return f"{name}: {_first(seen[name], value)}"
    return ""


def _first(seen: object, wanted: object) -> str:
    """Where two values differ."""
    if isinstance(seen, bytes) and isinstance(wanted, bytes) and len(seen) == len(wanted):
        at = next(i for i, (a, b) in enumerate(zip(seen, wanted, strict=True)) if a != b)
        return f"byte {at:#x} is {seen[at]:#x}, from zero it is {wanted[at]:#x}"
    if isinstance(seen, bytes) and isinstance(wanted, bytes):
        return f"{len(seen)} bytes, from zero {len(wanted)}"
    if isinstance(seen, list | tuple) and isinstance(wanted, list | tuple) \
            and len(seen) == len(wanted):
        at = next(i for i, (a, b) in enumerate(zip(seen, wanted, strict=True)) if a != b)
        return f"[{at}]: {_first(seen[at], wanted[at])}"
    return f"{seen!r}, from zero {wanted!r}"


def plain(screen: Screen) -> Screen:
    """A screen without what depends on how the cursor came here: state alone."""
    return replace(
        screen, header=_plain_header(screen.header), code=_plain_code(screen.code),
        state=_plain_state(screen.state), message="", breaks=(), branches=(),
        memory=replace(screen.memory, changed=frozenset(), heat=None),
        output=replace(screen.output, later=0, events=()), timeline=None,
        source=screen.source and replace(screen.source, breaks=(), path=""))


def _plain_header(header: HeaderView) -> HeaderView:
    return replace(header, total=0, ended=False, stop="", branch="", unit="")


def _plain_code(code: CodeView) -> CodeView:
    return replace(code, lines=tuple(replace(line, breakpoint="", count=None)
                                     for line in code.lines))


def _plain_state(state: StateView) -> StateView:
    return StateView(state.step, *(tuple(map(_plain_value, values)) for values in (
        state.stack, state.locals, state.globals, state.tables, state.results, state.variables)))


def _plain_value(value: Value) -> Value:
    return replace(value, before=None, items=tuple(map(_plain_value, value.items)))


def unlike(seen: object, wanted: object, name: str = "screen") -> str:
    """The first field of a view that differs."""
    if seen == wanted:
        return ""
    fields: Callable[[object], list[str]] = lambda view: list(getattr(view, "__slots__", ()))  # noqa: E731
    for field in fields(wanted):
        found = unlike(getattr(seen, field), getattr(wanted, field), f"{name}.{field}")
        if found:
            return found
    if isinstance(seen, tuple) and isinstance(wanted, tuple) and len(seen) == len(wanted):
        at = next(i for i, (a, b) in enumerate(zip(seen, wanted, strict=True)) if a != b)
        return unlike(seen[at], wanted[at], f"{name}[{at}]")
    return f"{name}: {seen!r}, from zero {wanted!r}"
