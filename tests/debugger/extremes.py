"""Programs that are too large for their own good: long functions and names, deep stacks, output."""

from __future__ import annotations

NAME = "std::map<" + "std::pair<std::basic_string<char>, " * 280 + "int" + "> " * 280 + "::find"


def long_function(instructions: int) -> str:
    """A function of so many instructions, one behind the other; `run` goes through it once."""
    body = "".join(f"(local.set 0 (i32.add (local.get 0) (i32.const {i})))"
                   for i in range(instructions // 4))
    return f'(module (memory 1) (func (export "run") (local i32) {body}))'


def deep_stack() -> str:
    """`run` calls itself as often as its argument says; then everything returns."""
    return """(module (memory 1)
      (func $down (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
      (func (export "run") (param i32) (result i32) (call $down (local.get 0))))"""


def long_names(name: str = NAME) -> str:
    """`run` calls functions with such a name, a thousand times."""
    return f"""(module (memory 1)
      (func (export "{name}") (param i32) (result i32)
        (i32.add (local.get 0) (i32.const 1)))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop (local.set 1 (call 0 (local.get 1)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if 0 (local.get 0)))
        (local.get 1)))"""


def many_events() -> str:
    """`run` prints a line as often as its argument says."""
    return """(module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "0123456789abcdef 0123456789abcde\\0a")
      (func (export "run") (param i32)
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const 33))
        (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if 0 (local.get 0)))))"""


def counting() -> str:
    """`run` prints the numbers from 1 to its argument in four digits, each on a line."""
    digits = "".join(
        f"(i32.store8 (i32.const {19 - place}) (i32.add (i32.const 48) (i32.rem_u "
        f"(i32.div_u (local.get 1) (i32.const {10 ** place})) (i32.const 10))))"
        for place in range(4))
    return f"""(module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 20) "\\0a")
      (func (export "run") (param i32) (local i32)
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (i32.const 5))
        (loop
          (local.set 1 (i32.add (local.get 1) (i32.const 1)))
          {digits}
          (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))))"""
