"""What catchpoints wait for: traps, exceptions, instructions wherever they are, host calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from debugger.breakpoints import Part
from debugger.exchange import CommandError
from debugger.scopes import PlaceScope, condition, placed
from debugger.symbols import Symbols
from debugger.views import Value
from gabagool import Machine
from gabagool.isa import BY_NAME
from gabagool.native.layout import TRAPS
from gabagool.native.nodes import NEW, Node
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.tapping import Exceptions, Forms, HostCalls
from gabagool.types import slots_of
from gabagool.wasi import describe

TRAP, THROW = "trap", "throw"
_GLOB = re.compile(r"[*?\[]")
_SLOT = 8


def caught_trap(spec: str, message: str) -> bool:
    """Whether a catchpoint for `trap [KIND]` is for a trap; KIND is a part of its message, or a
    glob of it."""
    what, _, kind = spec.partition(" ")
    kind = kind.strip().strip("'\"").lower()
    return what == TRAP and (not kind or _like(message.lower(), kind))


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern) if _GLOB.search(pattern) else pattern in text


class CallScope(PlaceScope):
    """Names at a call of a host function: its arguments, by number or as WASI names them."""

    def __init__(self, machine: Machine, symbols: Symbols, func: FuncInst) -> None:
        super().__init__(machine, symbols, None)
        self._func = func

    def _locals(self) -> list[tuple[Value, Node]]:
        names = describe.argument_names(self._func.name)
        found, at = [], 0
        for i, type_ in enumerate(self._func.type.params):
            found.append(placed(f"${names[i] if i < len(names) else i}", type_, NEW, at))
            at += _SLOT * slots_of(type_)
        return found


class Catching:
    """Understands what is to be caught."""

    def __init__(self, machine: Machine, symbols: Symbols) -> None:
        self._machine = machine
        self._symbols = symbols

    def parts(self, what: str, text: str) -> tuple[Part, ...]:
        """What to tap for it, under a condition; CommandError if there is no such thing."""
        word, _, rest = what.partition(" ")
        if word == TRAP:
            return self._trap(rest.strip().strip("'\""), text)
        if word == THROW:
            return (Part(Exceptions(self._tags(rest.strip().lstrip("$"))), self._anywhere(text)),)
        if what in BY_NAME and BY_NAME[what].forms:
            return (self._instructions([what], text),)
        hosts = [func for func in self._hosts()
                 if any(fnmatchcase(n, what) for n in (func.name, func.name.rpartition(".")[2]))]
        if hosts:
            return tuple(self._host_parts(hosts, text))
        names = [name for name, row in BY_NAME.items() if row.forms and _GLOB.search(what)
                 and fnmatchcase(name, what)]
        if names:
            return (self._instructions(names, text),)
        imported = ", ".join(sorted({func.name.rpartition(".")[2] for func in self._hosts()}))
        raise CommandError(f"'{what}' is neither trap, nor throw, nor an instruction such as "
                           f"memory.grow, nor a function that the program imports"
                           f"{f' ({imported})' if imported else ''}")

    def _anywhere(self, text: str) -> Node | None:
        return condition(text, PlaceScope(self._machine, self._symbols, None))

    def _instructions(self, names: Sequence[str], text: str) -> Part:
        forms = frozenset(form.name for name in names for form in BY_NAME[name].forms)
        return Part(Forms(forms), self._anywhere(text))

    @staticmethod
    def _trap(kind: str, text: str) -> tuple[Part, ...]:
        if text:
            raise CommandError("a trap has no condition: it ends the program")
        if kind and not any(_like(each, kind.lower()) for each in TRAPS):
            raise CommandError(f"there is no trap '{kind}': {', '.join(TRAPS)}")
        return ()

    def _hosts(self) -> list[FuncInst]:
        """The host functions that the program imports, by name."""
        found = {func.name: func for func in self._machine.store.funcs
                 if func.instance is None and func.host is not None}
        return [found[name] for name in sorted(found)]

    def _host_parts(self, hosts: Sequence[FuncInst], text: str) -> Iterator[Part]:
        """Names mean something else in every function: those where they mean the same are one."""
        same: dict[Node | None, list[str]] = {}
        for func in hosts:
            try:
                check = condition(text, CallScope(self._machine, self._symbols, func))
            except CommandError as error:
                raise CommandError(f"in {func.name}: {error}") from None
            same.setdefault(check, []).append(func.name)
        for check, names in same.items():
            yield Part(HostCalls(frozenset(names)), check)

    def _tags(self, spec: str) -> frozenset[int] | None:
        """The store addresses of the tags with a name or index; None for all."""
        if not spec:
            return None
        names = {tag.addr: tag.name for tag in self._machine.store.tags}
        found = frozenset(addr for addr, name in names.items()
                          if fnmatchcase(name.lstrip("$"), spec) or spec == str(addr)
                          or name.rpartition(".")[2] == spec)
        if not found:
            known = ", ".join(dict.fromkeys(names.values())) or "none"
            raise CommandError(f"there is no tag '{spec}' (tags: {known})")
        return found
