"""Executes a .wast file's commands one by one and says which passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gabagool.binary.hints import branch_hints
from gabagool.errors import (
    GabagoolError,
    LinkError,
    MalformedError,
    Thrown,
    Trap,
    ValidationError,
)
from gabagool.runtime.compiled import Compiled
from gabagool.runtime.entities import ModuleInst
from gabagool.runtime.instantiate import Extern, instantiate, start_of
from gabagool.runtime.machine import Machine
from gabagool.runtime.store import Store

from .convert import Command, commands
from .spectest import spectest
from .values import argument, matches, show, show_expected


class Failed(Exception):
    """A command did not do what it should; the text says what happened instead."""


class Skipped(Exception):
    """A text that must not assemble: the assembler's matter, not the engine's."""


@dataclass
class Result:
    """What became of a file's commands; failures are (line, what happened).

    `skipped` counts assertions that a text is malformed.
    """

    wast: Path
    passed: int = 0
    skipped: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)


def run_file(wast: Path) -> Result:
    """Execute a whole .wast file."""
    result = Result(wast)
    with commands(wast) as (folder, script):
        session = Session(folder)
        for command in script:
            try:
                session.execute(command)
                result.passed += 1
            except Skipped:
                result.skipped += 1
            except Failed as failure:
                result.failures.append((command["line"], f"{command['type']}: {failure}"))
    return result


class Session:
    """A running script: one store, and its modules by their names in the script.

    The method `do_X` executes commands of type X.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._store = Store()
        self._machine = Machine(self._store)
        self._imports: dict[tuple[str, str], Extern] = {
            ("spectest", name): extern for name, extern in spectest(self._store).items()}
        self._instances: dict[str | None, ModuleInst] = {}       # None: the latest
        self._definitions: dict[str | None, Compiled] = {}

    def execute(self, command: Command) -> None:
        """Raises Failed or Skipped unless the command passes."""
        method: Callable[[Command], None] | None = getattr(self, "do_" + command["type"], None)
        if method is None:
            raise Failed("the runner doesn't know this command")
        try:
            method(command)
        except (Failed, Skipped):
            raise
        except GabagoolError as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
        except Exception as error:
            raise Failed(f"crash: {error!r}") from error

    # -- modules -----------------------------------------------------------------------------

    def _compile(self, command: Command) -> Compiled:
        # a well-formed module in quotes comes assembled, too
        name: str = command.get("binary_filename", command["filename"])
        compiled = Compiled((self._folder / name).read_bytes())
        compiled.validate_all()
        return compiled

    def _instantiate(self, compiled: Compiled) -> ModuleInst:
        instance = instantiate(self._store, compiled, self._imports)
        start = start_of(self._store, instance)
        if start is not None:
            self._machine.call(start, ())
        return instance

    def _add(self, compiled: Compiled, name: str | None) -> None:
        self._instances.pop(None, None)       # not there should this one fail
        self._instances[None] = self._instances[name] = self._instantiate(compiled)

    def do_module(self, command: Command) -> None:
        self._add(self._compile(command), command.get("name"))

    def do_module_definition(self, command: Command) -> None:
        compiled = self._compile(command)
        self._definitions[None] = self._definitions[command.get("name")] = compiled

    def do_module_instance(self, command: Command) -> None:
        self._add(self._definitions[command.get("module")], command.get("instance"))

    def do_register(self, command: Command) -> None:
        instance = self._instances[command.get("name")]
        for export in instance.compiled.module.exports:
            self._imports[command["as"], export.name] = self._export(instance, export.name)

    def _export(self, instance: ModuleInst, name: str) -> Extern:
        found = instance.export(name)
        if found is None:
            raise Failed(f"there is no export {name!r}")
        kind, addr = found
        spaces = {"func": self._store.funcs, "table": self._store.tables,
                  "memory": self._store.memories, "global": self._store.globals,
                  "tag": self._store.tags}
        extern: Extern = spaces[kind][addr]
        return extern

    # -- modules that must not come to be ----------------------------------------------------

    def do_assert_malformed(self, command: Command) -> None:
        if command["module_type"] == "text":
            raise Skipped
        self._fails(MalformedError, command, lambda: self._compile(command))

    def do_assert_malformed_custom(self, command: Command) -> None:
        if command["module_type"] == "text":
            raise Skipped
        self._fails(MalformedError, command, lambda: self._annotations(command))

    def do_assert_invalid_custom(self, command: Command) -> None:
        self._fails(ValidationError, command, lambda: self._annotations(command))

    def _annotations(self, command: Command) -> object:
        """What a module's custom sections say."""
        return branch_hints(self._compile(command).module)

    def do_assert_invalid(self, command: Command) -> None:
        self._fails(ValidationError, command, lambda: self._compile(command))

    def do_assert_unlinkable(self, command: Command) -> None:
        compiled = self._compile(command)
        self._fails(LinkError, command, lambda: self._instantiate(compiled))

    def do_assert_uninstantiable(self, command: Command) -> None:
        compiled = self._compile(command)
        self._fails(Trap, command, lambda: self._instantiate(compiled))

    def _fails(self, kind: type[GabagoolError], command: Command,
               act: Callable[[], object]) -> None:
        """`act` must raise an error of exactly this kind, whose text begins with the script's
        (the reference interpreter's rule)."""
        expected: str = command["text"]
        try:
            outcome = act()
        except GabagoolError as error:
            text = getattr(error, "message", str(error))
            if type(error) is kind and text.startswith(expected):
                return
            raise Failed(f"expected {kind.__name__} {expected!r}, "
                         f"got {type(error).__name__} {error}") from None
        raise Failed(f"expected {kind.__name__} {expected!r}, got {outcome}")

    # -- actions -----------------------------------------------------------------------------

    def _act(self, action: Command) -> tuple[int, ...]:
        extern = self._export(self._instances[action.get("module")], action["field"])
        if action["type"] == "get":
            return (extern.bits,)
        args = [argument(value, self._store) for value in action["args"]]
        return self._machine.call(extern, args)

    def do_action(self, command: Command) -> None:
        self._act(command["action"])

    def do_assert_return(self, command: Command) -> None:
        found, expected = self._act(command["action"]), command["expected"]
        if len(found) != len(expected) or not all(
                matches(want, bits, self._store)
                for want, bits in zip(expected, found, strict=True)):
            raise Failed(f"{command['action']['field']!r}: expected {show_expected(expected)}, "
                         f"got {show(found)}")

    def do_assert_trap(self, command: Command) -> None:
        self._fails(Trap, command, lambda: show(self._act(command["action"])))

    def do_assert_exception(self, command: Command) -> None:
        try:
            found = self._act(command["action"])
        except Thrown:
            return
        raise Failed(f"expected an exception, got {show(found)}")

    def do_assert_exhaustion(self, command: Command) -> None:
        self.do_assert_trap(command)
