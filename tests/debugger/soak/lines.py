"""Random command lines: every word of the registry, with arguments of the form its usage shows.

What a usage says in capitals is made up by the method of that name here, mostly so that it makes
sense in the session, sometimes not. An action whose usage has another word fails the soak.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

from debugger.commands.inspection import _TOPICS
from debugger.commands.registry import Action, actions, find
from debugger.eventlist import KINDS
from debugger.expression import READS
from debugger.session import Session
from debugger.values import VECTOR_VIEWS

_CAPITALS = re.compile(r"[A-Z]+")
_SIGNS = ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=",
          "&&", "||")
_NOISE = ("", "-1", "0x", "zzz", "''", '"', "((((", "$", "1e99", "9" * 30, "é\u202e", "[", "%s",
          "i32[", "$0 = ", "if", "0x7fffffffffffffff", "nan", "\0", "$-1", "a" * 300,
          "9" * 5000, "0x" + "f" * 5000,
          "memory 9: 0", "memory " + "9" * 5000 + ": 0", "+" + "1" * 5000, "(" * 500, "-" * 3000)
_PATTERNS = '"TEXT"|i32 N|{int}N|BYTES'     # the one usage whose alternatives have several words
_LONG = ("run", "heat")                     # look at all of the program: rarely wanted


class Lines:
    """Makes lines up for a session, from one source of random numbers."""

    def __init__(self, random: Random, session: Session, folder: Path) -> None:
        self._random = random
        self._session = session
        self._folder = folder
        self._functions = [name for _, _, name, _ in session.functions()]
        self._actions = [action for action in actions() if action.words and action.id != "quit"]

    def line(self, action: Action | None = None) -> str:
        """A command line, of a random action unless one is given."""
        random = self._random
        action = action or random.choice(self._actions)
        if action.id in _LONG and random.random() < 0.8:
            action = find("step")
        word = random.choice(action.words)
        if random.random() < 0.04:
            return f"{word} {self._noise()}"
        arguments = self.arguments(action.usage)
        return f"{word}{'' if action.attached and arguments[:1] == '/' else ' '}{arguments}".strip()

    def arguments(self, usage: str) -> str:
        """Arguments of a usage such as `[BRANCH] [STEP]`."""
        usage = self._random.choice(usage.split("|" if usage == _PATTERNS else " or "))
        usage = usage.replace("FILE:LINE", "LINE")
        tokens = usage.replace("[", " [ ").replace("]", " ] ").split()
        words, end = self._sequence(tokens, 0)
        assert end == len(tokens), f"usage '{usage}' has brackets that don't fit"
        return " ".join(words)

    def _sequence(self, tokens: list[str], at: int) -> tuple[list[str], int]:
        """The words up to a bracket that closes, or the end."""
        words: list[str] = []
        while at < len(tokens) and tokens[at][0] != "]":
            if tokens[at] == "[":
                inner, end = self._sequence(tokens, at + 1)
                many = tokens[end + 1:end + 2] == ["…"]
                words += inner * (self._random.randrange(3) if many else self._random.randrange(2))
                at = end + 1 + many
            else:
                words += self._word(tokens[at])
                at += 1
        return words, at

    def _word(self, token: str) -> list[str]:
        token = self._random.choice(token.split("|")) if "|" in token.strip("|") else token
        if self._random.random() < 0.02:
            return [self._noise()]
        if token == "/16xb":
            return [f"/{self._some('', '1', '16', '300')}{self._some(*'xduotcfas', '')}"
                    f"{self._some(*'bhwg', '')}"]
        many, token = token.endswith("…"), token.rstrip("…")
        found = [_CAPITALS.sub(lambda match: self._made(match[0]), token)
                 for _ in range(self._random.randrange(1, 4) if many else 1)]
        return [word for word in found if word]

    def _made(self, capitals: str) -> str:
        maker: Callable[[], str] | None = getattr(self, f"_{capitals.lower()}", None)
        assert maker is not None, f"nobody here knows what {capitals} of a usage means"
        return maker()

    def _noise(self) -> str:
        return self._random.choice(_NOISE)

    def _some(self, *choices: str) -> str:
        return self._random.choice(choices)

    # -- what stands in usages ---------------------------------------------------------------

    def _count(self) -> str:
        return self._some("1", "2", "3", "7", "20", "111", "1k", "4,096", "70k", "0")

    def _step(self) -> str:
        total = self._session.total
        return self._some(
            str(self._random.randint(0, total)), str(self._random.randint(0, total)),
            f"{self._random.randrange(101)}%", f"+{self._random.randrange(2000)}",
            f"-{self._random.randrange(2000)}", "start", "end", "$", f"'{self._letter()}",
            str(total + self._random.randrange(5000)), str(self._session.cursor))

    _first = _last = _step

    def _letter(self) -> str:
        return self._random.choice("aabbcdz")

    def _level(self) -> str:
        return str(self._random.randrange(4))

    _levels = _level

    def _number(self) -> str:
        points = [str(point.number) for point in self._session.breakpoints()]
        return self._random.choice([*points, *points, "1", "99"])

    def _function(self) -> str:
        return self._some(self._name_of_function(), str(self._random.randrange(20)))

    def _name_of_function(self) -> str:
        return self._random.choice(self._functions)

    def _place(self) -> str:
        name = self._name_of_function()
        place = self._here()
        return self._some(name, name, f"{name}+{self._random.randrange(40):#x}", place, place,
                          f"{name[:2]}*", self._line(), f"*{self._random.randrange(4000):#x}")

    def _here(self) -> str:
        lines = self._session.code().lines
        return f"*{self._random.choice(lines).offset:#x}"

    def _line(self) -> str:
        return self._some(f"orders.c:{self._random.randrange(60)}", str(self._random.randrange(60)))

    def _file(self) -> str:
        return str(self._folder / "written")

    def _location(self) -> str:
        state = self._session.state()
        names = [value.name for value in (*state.locals, *state.globals)]
        address, kind = self._address(), self._random.choice([*READS])
        return self._some(*names, *names, address, f"{kind}[{address}]",
                          f"{address}, {self._some('1', '2', '4', '8', '16', '40')}",
                          f"table[{self._random.randrange(3)}]", "global[0]", "stack(0)",
                          f"memory 0: {address}", "$0", "$sp", f"{kind}[{self._expression()}]",
                          f"{{int}}{address}", "$tree", "$tree.left", "order->number")

    def _address(self) -> str:
        size = next(iter(self._session.memory_sizes()), 0)
        state = self._session.state()
        near = [str(value.bits) for value in (*state.stack, *state.locals) if value.type == "i32"]
        return self._some(f"{self._random.randrange(size + 8):#x}", "0x101e0", "1024", "0",
                          str(size - 4), *near[:4])

    def _expression(self, depth: int = 2) -> str:
        if not depth or self._random.random() < 0.4:
            return self._some("$0", "$1", "stack(0)", "global[0]", "depth()", "5", "0", "-1",
                              "1.5", "i32[16]", f"u8[{self._address()}]", "0xffffffff", "old",
                              "new", self._name_of_value())
        left, right = self._expression(depth - 1), self._expression(depth - 1)
        return self._some(f"{left} {self._random.choice(_SIGNS)} {right}", f"({left})",
                          f"-{left}", f"!{left}", f"~{left}", f"i64[{left}]")

    _condition = _expression

    def _expressions(self) -> str:
        return ", ".join(self._expression() for _ in range(self._random.randrange(3)))

    def _name_of_value(self) -> str:
        state = self._session.state()
        names = [value.name for value in (*state.locals, *state.globals, *state.variables)]
        return self._random.choice(names or ["$0"])

    def _value(self) -> str:
        return self._some(self._expression(), *(
                          str(self._random.randint(-5, 200)) for _ in range(8)), "0", "1.5",
                          "null", '"text"', "0x101e0", *(
                              self._name_of_value() for _ in range(4)), "$tree.left",
                          "$v[3]", "@0x10", "table[1]")

    def _regex(self) -> str:
        return self._some("^open", "a.*t$", "o", "(", "[a-", ".*")

    def _tag(self) -> str:
        return self._some("__cpp_exception", "bad", "0", "nobody")

    def _commands(self) -> str:
        return self._some("bt", "silent; bt", "print $0; continue", "step; step", "goto 5", "end",
                          "continue", "nonsense", "delete", "\n bt\n end")

    def _format(self) -> str:
        return self._some(*"xduotcfasz", "i16x8", "hex")

    def _n(self) -> str:
        return self._some("0", "1", "100000", "-5", "0x41", "3.5", "$0")

    def _bytes(self) -> str:
        return self._some("de ad", "00 00 00 01", "41", "a0 86 01 00", "f", "zz")

    def _text(self) -> str:
        return self._some("line", "account", "Reserve", "l", "fd_write", "%d {$0}", "{", "n = {$n}",
                          "LINE 3", "audit", "x y z", "\\", "é")

    def _instruction(self) -> str:
        return self._some("memory.grow", "i32.store", "i32.store8", "call", "struct.new", "throw",
                          "throw_ref", "unreachable", "call_indirect", "local.set", "bogus.op")

    def _call(self) -> str:
        return self._some("fd_write", "fd_read", "'fd_*'", "*", "random_get", "nobody")

    def _kind(self) -> str:
        return self._some(*KINDS)

    def _topic(self) -> str:
        topic = self._some(*_TOPICS)
        return self._some(topic, topic, f"{topic} {self._text()}", f"{topic} {self._line()}")

    def _type(self) -> str:
        return self._some("$node", "0", "3", "i32", "type $node", "struct", "order", "struct order")

    def _view(self) -> str:
        return self._some(*VECTOR_VIEWS)

    def _command(self) -> str:
        return self._some(*self._random.choice(self._actions).words)

    def _name(self) -> str:
        names = [branch.name for branch in self._session.branches()]
        return self._some(*names, "b1", "b2", "main")

    _branch = _name

    def _directory(self) -> str:
        return str(self._folder)
