"""Random programs that write a lot: locals, globals, memory, tables, from several functions."""

from __future__ import annotations

import random

from gabagool.runtime.entities import FuncInst
from gabagool.runtime.host import Caller
from gabagool.runtime.store import Store
from gabagool.types import I32, FuncType
from tests.machines import Guest

_FUNCS = 4
_LOCALS = 4                 # of type i32; local 0 bounds recursion, the one behind them loops


def _value(rng: random.Random, depth: int = 2) -> str:
    if depth == 0 or not rng.randrange(3):
        return rng.choice((f"(i32.const {rng.randrange(12)})", "(global.get 0)",
                           f"(local.get {rng.randrange(_LOCALS)})",
                           f"(i32.load8_u (i32.const {rng.randrange(64)}))"))
    sign = rng.choice(("add", "sub", "mul", "and", "xor", "shr_u", "lt_s"))
    return f"(i32.{sign} {_value(rng, depth - 1)} {_value(rng, depth - 1)})"


def _address(rng: random.Random) -> str:
    return f"(i32.and {_value(rng)} (i32.const 63))"


def _statement(rng: random.Random, depth: int) -> str:
    kind = rng.randrange(14)
    if kind < 3:
        return f"(local.set {rng.randrange(1, _LOCALS)} {_value(rng)})"
    if kind == 3:
        return f"(global.set 0 (local.tee {rng.randrange(1, _LOCALS)} {_value(rng)}))"
    if kind == 4:
        return f"(global.set 1 (i64.extend_i32_u {_value(rng)}))"
    if kind < 7:
        return f"(i32.store{rng.choice(('', '8', '16'))} {_address(rng)} {_value(rng)})"
    if kind == 7:
        return f"(i64.store {_address(rng)} (i64.extend_i32_s {_value(rng)}))"
    if kind == 8:
        size = f"(i32.const {rng.randrange(6)})"
        return rng.choice((f"(memory.fill {_address(rng)} {_value(rng)} {size})",
                           f"(memory.copy {_address(rng)} {_address(rng)} {size})"))
    if kind == 9:
        index = f"(i32.and {_value(rng)} (i32.const 3))"
        ref = rng.choice(("(ref.null func)", "(ref.func 1)", "(ref.func 2)"))
        return rng.choice((f"(table.set 0 {index} {ref})",
                           f"(table.fill 0 (i32.const {rng.randrange(3)}) {ref} (i32.const 2))"))
    if kind == 10:
        return f"(call $poke {_value(rng)})"
    if kind == 11:
        return "(drop (memory.grow (i32.const 0)))"
    if kind == 12 and depth:
        return f"(if {_value(rng)} (then {_body(rng, depth - 1)}) (else {_body(rng, depth - 1)}))"
    callee = rng.randrange(1, _FUNCS + 1)
    return (f"(if (i32.gt_s (local.get 0) (i32.const 0)) (then (call {callee} "
            f"(i32.sub (local.get 0) (i32.const 1)))))")


def _body(rng: random.Random, depth: int) -> str:
    return " ".join(_statement(rng, depth) for _ in range(rng.randrange(1, 5)))


def _func(rng: random.Random, number: int) -> str:
    loop = f"(local.set {_LOCALS} (i32.add (local.get {_LOCALS}) (i32.const 1)))"
    tail = (f"(if (i32.gt_s (local.get 0) (i32.const 0)) (then (return_call "
            f"{rng.randrange(1, _FUNCS + 1)} (i32.sub (local.get 0) (i32.const 1)))))")
    return (f"(func (export \"f{number}\") (param i32) (local {'i32 ' * _LOCALS}) "
            f"(loop $l {_body(rng, 2)} {loop} (br_if $l (i32.lt_u (local.get {_LOCALS}) "
            f"(i32.const {rng.randrange(1, 5)})))) {tail if rng.randrange(3) == 0 else ''})")


def program(seed: int) -> str:
    """The text of a module; its exports f1, f2 … take how deep they may call."""
    rng = random.Random(seed)
    funcs = "\n".join(_func(rng, i) for i in range(1, _FUNCS + 1))
    return f"""(module (import "env" "poke" (func $poke (param i32)))
      (memory (export "memory") 1) (table 4 funcref) (elem declare func 1 2)
      (global (mut i32) (i32.const 3)) (global (mut i64) (i64.const 5))
      {funcs})"""


def guest(seed: int) -> Guest:
    """The program of a seed, instantiated; its host function writes memory."""
    store = Store()
    poke: FuncInst = store.new_host_func(FuncType((I32,)), _poke, "env.poke")
    return Guest(program(seed), {("env", "poke"): poke}, store)


def _poke(caller: Caller, value: int) -> None:
    caller.memory.write(value & 31, bytes([value & 3]))
    caller.memory.write(value + 3 & 31, b"\1")
