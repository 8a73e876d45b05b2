"""Every aggregate instruction in one run: results as wasmtime has them, snapshots at each step."""

from __future__ import annotations

import pytest
import wasmtime

from gabagool.binary.sections import decode
from gabagool.code.disasm import disassemble
from gabagool.errors import Trap
from gabagool.isa import ROWS
from gabagool.isa.row import GC
from gabagool.syntax import Names
from tests.machines import Guest, wat

from .stepping import at_every_step

# `mix` folds numbers into a checksum; whatever goes wrong anywhere changes it.
TEXT = """(module
  (type $base (sub (struct (field $n (mut i32)))))
  (type $more (sub $base (struct (field $n (mut i32)) (field $b (mut i8)) (field $h (mut i16))
    (field $v (mut v128)) (field $f (mut f32)) (field $r (mut anyref)))))
  (type $bytes (array (mut i8))) (type $shorts (array (mut i16))) (type $ints (array (mut i32)))
  (type $longs (array (mut i64))) (type $vecs (array (mut v128))) (type $refs (array (mut eqref)))
  (type $op (sub (func (param i32) (result i32))))
  (type $op2 (sub $op (func (param i32) (result i32))))
  (data $data "\\80\\01\\fe\\7f\\ff\\00\\10\\20\\30\\40\\50\\60\\70\\80\\90\\a0")
  (elem $elem eqref (item (ref.i31 (i32.const -7)))
                    (item (array.new_fixed $shorts 2 (i32.const 70000) (i32.const 3)))
                    (item (struct.new $base (i32.const 9))))
  (elem declare func $double $mix)
  (global $sum (mut i64) (i64.const 1))
  (func $mix (param i32)
    (global.set $sum (i64.add (i64.mul (global.get $sum) (i64.const 31))
                              (i64.extend_i32_s (local.get 0)))))
  (func $double (type $op2) (i32.shl (local.get 0) (i32.const 1)))

  (func $structs (local $m (ref $more)) (local $any anyref)
    (local.set $m (struct.new $more (i32.const 1) (i32.const 0x1ff) (i32.const 0x18001)
      (v128.const i32x4 1 2 3 4) (f32.const 1.5) (struct.new_default $more)))
    (call $mix (struct.get_s $more $b (local.get $m)))
    (call $mix (struct.get_u $more $b (local.get $m)))
    (call $mix (struct.get_s $more $h (local.get $m)))
    (call $mix (struct.get_u $more $h (local.get $m)))
    (struct.set $more $b (local.get $m) (i32.const 0x17f))
    (struct.set $more $h (local.get $m) (i32.const -2))
    (struct.set $base $n (local.get $m) (i32.const -3))
    (struct.set $more $v (local.get $m) (i32x4.splat (i32.const 8)))
    (struct.set $more $f (local.get $m) (f32.const -0.5))
    (call $mix (struct.get_s $more $b (local.get $m)))
    (call $mix (struct.get_u $more $h (local.get $m)))
    (call $mix (struct.get $more $n (local.get $m)))
    (call $mix (i32x4.extract_lane 3 (struct.get $more $v (local.get $m))))
    (call $mix (i32.reinterpret_f32 (struct.get $more $f (local.get $m))))
    (call $mix (ref.eq (local.get $m) (ref.cast (ref $more) (struct.get $more $r (local.get $m)))))
    (struct.set $more $r (local.get $m) (local.get $m))
    (call $mix (ref.eq (local.get $m) (ref.cast eqref (struct.get $more $r (local.get $m))))))

  (func $arrays (local $b (ref $bytes)) (local $s (ref $shorts)) (local $r (ref $refs))
    (local.set $b (array.new $bytes (i32.const 0x182) (i32.const 11)))
    (local.set $s (array.new_data $shorts $data (i32.const 1) (i32.const 4)))
    (local.set $r (array.new_elem $refs $elem (i32.const 0) (i32.const 3)))
    (call $mix (array.get_s $bytes (local.get $b) (i32.const 10)))
    (call $mix (array.get_u $bytes (local.get $b) (i32.const 0)))
    (call $mix (array.get_s $shorts (local.get $s) (i32.const 1)))
    (call $mix (array.get_u $shorts (local.get $s) (i32.const 1)))
    (array.set $bytes (local.get $b) (i32.const 1) (i32.const 0x3ff))
    (array.set $shorts (local.get $s) (i32.const 0) (i32.const 0x1234))
    (array.copy $bytes $bytes (local.get $b) (i32.const 1) (local.get $b) (i32.const 0)
      (i32.const 5))
    (array.fill $shorts (local.get $s) (i32.const 2) (i32.const 0x8000) (i32.const 2))
    (array.init_data $bytes $data (local.get $b) (i32.const 6) (i32.const 0) (i32.const 3))
    (call $mix (array.get_s $bytes (local.get $b) (i32.const 2)))
    (call $mix (array.get_s $bytes (local.get $b) (i32.const 6)))
    (call $mix (array.get_s $shorts (local.get $s) (i32.const 3)))
    (array.init_elem $refs $elem (local.get $r) (i32.const 1) (i32.const 0) (i32.const 2))
    (array.set $refs (local.get $r) (i32.const 0) (local.get $s))
    (call $mix (i31.get_s (ref.cast i31ref (array.get $refs (local.get $r) (i32.const 1)))))
    (call $mix (array.len (ref.cast arrayref (array.get $refs (local.get $r) (i32.const 2)))))
    (call $mix (array.get $ints (array.new_fixed $ints 2 (i32.const 5) (i32.const 6))
      (i32.const 1)))
    (call $mix (i32.wrap_i64 (array.get $longs (array.new $longs (i64.const 77) (i32.const 2))
                                        (i32.const 1))))
    (call $mix (i32x4.extract_lane 2 (array.get $vecs (array.new_data $vecs $data (i32.const 0)
      (i32.const 1)) (i32.const 0))))
    (call $mix (array.len (array.new_default $refs (i32.const 40)))))

  (func $casts (param $x anyref)
    (call $mix (ref.test (ref i31) (local.get $x)))
    (call $mix (ref.test structref (local.get $x)))
    (call $mix (ref.test (ref array) (local.get $x)))
    (call $mix (ref.test (ref $base) (local.get $x)))
    (call $mix (ref.test (ref null $more) (local.get $x)))
    (call $mix (ref.test nullref (local.get $x)))
    (call $mix (ref.test (ref eq) (any.convert_extern (extern.convert_any (local.get $x)))))
    (block $base (result (ref null $base))
      (drop (br_on_cast $base anyref (ref null $base) (local.get $x)))
      (drop (block $not (result anyref)
        (call $mix (i31.get_u (br_on_cast_fail $not anyref (ref i31) (local.get $x))))
        (return)))
      (call $mix (i32.const 99)) (return))
    (drop) (call $mix (i32.const 98)))

  (func $functions (param $f funcref) (local $op (ref $op))
    (call $mix (ref.test (ref $op) (local.get $f)))
    (call $mix (ref.test (ref null $op2) (local.get $f)))
    (call $mix (ref.test (ref nofunc) (local.get $f)))
    (local.set $op (block $op (result (ref $op))
      (drop (br_on_cast $op funcref (ref $op) (local.get $f)))
      (return)))
    (call $mix (call_ref $op2 (i32.const 21) (ref.cast (ref $op2) (local.get $op)))))

  (func (export "run") (result i64)
    (call $structs) (call $arrays)
    (call $casts (ref.i31 (i32.const 0x7fffffff)))
    (call $casts (struct.new_default $base)) (call $casts (struct.new_default $more))
    (call $casts (array.new_default $bytes (i32.const 0))) (call $casts (ref.null none))
    (call $functions (ref.func $double)) (call $functions (ref.func $mix))
    (call $functions (ref.null func))
    (global.get $sum))

  (func (export "cast") (param i32)
    (drop (ref.cast (ref $more) (if (result anyref) (local.get 0)
      (then (struct.new_default $base)) (else (ref.null none))))))
  (func (export "field") (drop (struct.get $base 0 (ref.null none))))
  (func (export "element") (param i32)
    (drop (array.get $ints (array.new_default $ints (i32.const 3)) (local.get 0))))
  (func (export "fill") (param i32 i32)
    (array.fill $ints (array.new_default $ints (i32.const 3)) (local.get 0) (i32.const 1)
                (local.get 1)))
  (func (export "i31") (drop (i31.get_s (ref.null i31))))
  (func (export "new") (param i32) (drop (array.new_default $longs (local.get 0)))))"""


def _begun() -> Guest:
    guest = Guest(TEXT)
    guest.begin("run")
    return guest


def test_every_instruction_is_there() -> None:
    module = decode(wat(TEXT))
    listed = {line.mnemonic for funcidx in range(len(module.funcs))
              for line in disassemble(module, funcidx, Names())}
    rows = {row.mnemonic.partition(" ")[0] for row in ROWS if row.forms and row.form.unit == GC}
    assert rows <= listed


def test_as_wasmtime() -> None:
    store = wasmtime.Store()
    run = wasmtime.Instance(store, wasmtime.Module(store.engine, TEXT), []).exports(store)["run"]
    assert isinstance(run, wasmtime.Func)
    assert Guest(TEXT).call("run") == (run(store) & (1 << 64) - 1,)


def test_at_every_step() -> None:
    assert at_every_step(_begun, resumed=120).results == Guest(TEXT).call("run")


@pytest.mark.parametrize(("name", "args", "message"), [
    ("cast", (1,), "cast failure"),
    ("cast", (0,), "cast failure"),
    ("field", (), "null structure reference"),
    ("element", (3,), "out of bounds array access"),
    ("element", (0xFFFFFFFF,), "out of bounds array access"),
    ("fill", (1, 3), "out of bounds array access"),
    ("fill", (4, 0), "out of bounds array access"),
    ("fill", (0xFFFFFFFF, 2), "out of bounds array access"),
    ("i31", (), "null i31 reference"),
    ("new", (0xFFFFFFFF,), "out of memory"),
])
def test_traps(name: str, args: tuple[int, ...], message: str) -> None:
    with pytest.raises(Trap, match=message):
        Guest(TEXT).call(name, *args)
