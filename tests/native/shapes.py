"""Makes a module that executes a given sequence of forms, with random immediates and operands.

Types are inferred by unification: `local.get` may push anything until something pops it.
Operands the sequence consumes but doesn't push are put there before it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from gabagool.isa import FORM_NUMBER, FORMS
from gabagool.types import F32, F64, I32, I64, ValType, valtype_name

TYPES = (I32, I64, F32, F64)
LOCALS_PER_TYPE = 2
INTERESTING = {
    I32: (0, 1, 2, 4, 7, 64, 1000, 0xFFFC, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
    I64: (0, 1, 3, 63, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 32, 1 << 63, (1 << 63) - 1, (1 << 64) - 1),
    F32: (0, 0x80000000, 0x3F800000, 0xC0490FDB, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7FC00001,
          0xFFC12345, 0x7F800001, 0x00000001, 0x4F000000),
    F64: (0, 1 << 63, 0x3FF0000000000000, 0xC00921FB54442D18, 0x7FF0000000000000,
          0xFFF0000000000000, 0x7FF8000000000000, 0x7FF8000000000001, 0xFFF8123456789ABC,
          0x7FF0000000000001, 1, 0x41E0000000000000),
}


def value(rng: random.Random, t: ValType) -> int:
    """Bits of a random value, often one where something changes."""
    if rng.random() < 0.7:
        return rng.choice(INTERESTING[t])
    return rng.getrandbits(32 if t in (I32, F32) else 64)


def constant(t: ValType, bits: int) -> str:
    """An instruction that pushes exactly these bits."""
    if t == F32:
        return f"i32.const {bits} f32.reinterpret_i32"
    if t == F64:
        return f"i64.const {bits} f64.reinterpret_i64"
    return f"{valtype_name(t)}.const {bits}"


class _Var:
    """A type, perhaps not known yet."""

    def __init__(self, t: ValType | None = None) -> None:
        self._t = t
        self._same: _Var | None = None

    def root(self) -> _Var:
        return self._same.root() if self._same else self

    @property
    def t(self) -> ValType | None:
        return self.root()._t

    def unify(self, other: _Var) -> None:
        a, b = self.root(), other.root()
        if a is b:
            return
        assert None in (a._t, b._t) or a._t == b._t, "the sequence is not typable"
        b._t = a._t if b._t is None else b._t
        a._same = b

    def settle(self, rng: random.Random) -> ValType:
        root = self.root()
        if root._t is None:
            root._t = rng.choice(TYPES)
        return root._t


class Shape:
    """The module text for one sequence; every choice comes from `seed`."""

    def __init__(self, names: Sequence[str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.before: list[_Var] = []      # operands the sequence finds, bottom first
        self.stack: list[_Var] = []
        self.calls: list[tuple[list[_Var], list[_Var]]] = []
        self._writers = [self._step(name, names[i + 1:i + 2]) for i, name in enumerate(names)]
        self.lines = [write() for write in self._writers]
        self.names = names

    # -- typing ------------------------------------------------------------------------------

    def _pop(self, t: ValType | None = None) -> _Var:
        if not self.stack:
            self.before.insert(0, _Var())
            self.stack.append(self.before[0])
        var = self.stack.pop()
        if t is not None:
            var.unify(_Var(t))
        return var

    def _push(self, var: _Var) -> _Var:
        self.stack.append(var)
        return var

    def _step(self, name: str, following: Sequence[str]) -> Callable[[], str]:
        """Type one form; returns what writes it once all types are known."""
        special = getattr(self, "_" + name.replace(".", "_"), None)
        if special is not None:
            writer: Callable[[], str] = special(following)
            return writer
        form = FORMS[FORM_NUMBER[name]]
        for t in reversed(form.params):
            self._pop(t)
        for t in form.results:
            self._push(_Var(t))
        if any(field == "offset" for field, _ in form.fields):
            return lambda: f"{name} offset={self.rng.choice((0, 0, 1, 8, 65532, 4294967295))}"
        return lambda: name

    def _const(self, t: ValType) -> Callable[[], str]:
        self._push(_Var(t))
        return lambda: f"{valtype_name(t)}.const {self.rng.choice(INTERESTING[t])}"

    def _i32_const(self, following: Sequence[str]) -> Callable[[], str]:
        if "call_indirect" in following:
            self._push(_Var(I32))
            return lambda: f"i32.const {self.rng.choice((0, 0, 0, 1, 2, 3, 4))}"
        return self._const(I32)

    def _i64_const(self, following: Sequence[str]) -> Callable[[], str]:
        return self._const(I64)

    def _f64_const(self, following: Sequence[str]) -> Callable[[], str]:
        self._push(_Var(F64))
        return lambda: f"f64.const {self.rng.choice(('0', '-1.5', '1e300', 'inf', 'nan'))}"

    def _f32_const(self, following: Sequence[str]) -> Callable[[], str]:
        self._push(_Var(F32))
        return lambda: f"f32.const {self.rng.choice(('0', '-1.5', '1e30', 'inf', 'nan'))}"

    def _variable(self, name: str, var: _Var) -> Callable[[], str]:
        def write() -> str:
            index = TYPES.index(var.settle(self.rng))
            if name.startswith("global"):
                return f"{name} {index}"
            return f"{name} {index * LOCALS_PER_TYPE + self.rng.randrange(LOCALS_PER_TYPE)}"
        return write

    def _local_get(self, following: Sequence[str]) -> Callable[[], str]:
        return self._variable("local.get", self._push(_Var()))

    def _local_set(self, following: Sequence[str]) -> Callable[[], str]:
        return self._variable("local.set", self._pop())

    def _local_tee(self, following: Sequence[str]) -> Callable[[], str]:
        return self._variable("local.tee", self._push(self._pop()))

    def _global_get(self, following: Sequence[str]) -> Callable[[], str]:
        return self._variable("global.get", self._push(_Var()))

    def _global_set(self, following: Sequence[str]) -> Callable[[], str]:
        return self._variable("global.set", self._pop())

    def _drop(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop()
        return lambda: "drop"

    def _select(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop(I32)
        second = self._pop()
        second.unify(self._pop())
        self._push(second)
        return lambda: "select"

    def _br(self, following: Sequence[str]) -> Callable[[], str]:
        return lambda: "br $near"

    def _br_if(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop(I32)
        return lambda: "br_if $near"

    def _if(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop(I32)
        return lambda: "if nop (global.set 0 (i32.const 1)) nop end"

    def _br_table(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop(I32)
        return lambda: "br_table $near $far $near $far"

    def _callee(self) -> tuple[list[_Var], list[_Var]]:
        """The last form calls: its callee takes some of the operands there are."""
        params = [self._pop() for _ in range(self.rng.randrange(len(self.stack) + 2))][::-1]
        results = [_Var(self.rng.choice(TYPES)) for _ in range(self.rng.randrange(3))]
        self.stack += results
        self.calls.append((params, results))
        return params, results

    def _call(self, following: Sequence[str]) -> Callable[[], str]:
        self._callee()
        return lambda: "call $callee"

    def _call_indirect(self, following: Sequence[str]) -> Callable[[], str]:
        self._pop(I32)
        self._callee()
        return lambda: "call_indirect (type $callee)"

    # -- text --------------------------------------------------------------------------------

    def _types(self, kind: str, variables: Sequence[_Var]) -> str:
        names = (valtype_name(v.settle(self.rng)) for v in variables)
        return "".join(f" ({kind} {name})" for name in names)

    def _callee_text(self) -> str:
        """The callee notes its arguments in memory and returns constants."""
        params, results = self.calls[0] if self.calls else ([], [])
        signature = self._types("param", params) + self._types("result", results)
        notes = "".join(f"(i32.const {512 + 8 * i}) (local.get {i})"
                        f" {valtype_name(v.settle(self.rng))}.store\n"
                        for i, v in enumerate(params))
        pushes = " ".join(constant(v.settle(self.rng), value(self.rng, v.settle(self.rng)))
                          for v in results)
        return (f"(type $callee (func{signature}))\n"
                f"(func $callee (type $callee) (local i64) nop\n{notes}{pushes})\n")

    def text(self) -> str:
        """The module: `run` takes the locals; nops keep the sequence from fusing with others."""
        params = "".join(f" (param {valtype_name(t)})" for t in TYPES
                         for _ in range(LOCALS_PER_TYPE))
        before = " ".join(f"{constant(t, value(self.rng, t))} nop"
                          for t in (v.settle(self.rng) for v in self.before))
        drops = "drop nop " * len(self.stack)
        globals = "\n".join(f"(global (mut {valtype_name(t)}) ({valtype_name(t)}.const 5))"
                            for t in TYPES)
        return (f"(module (memory (export \"memory\") 1)\n{globals}\n{self._callee_text()}"
                "(func $other (param i32 i32 i32 i32 i32 i32 i32 i32 i32))\n"
                "(table 4 funcref) (elem (i32.const 0) $callee $other)\n"
                f"(func (export \"run\"){params}\n(block $far (block $near {before} nop\n"
                f"{' '.join(self.lines)}\nnop {drops}) nop (global.set 0 (i32.const 77))) nop)\n"
                "(data (i32.const 0) \"\\01\\02\\03\\ff\\fe\\80\\7f\\00\\00\\00\\f0\\7f\\55\"))")

    def arguments(self) -> list[int]:
        return [value(self.rng, t) for t in TYPES for _ in range(LOCALS_PER_TYPE)]
