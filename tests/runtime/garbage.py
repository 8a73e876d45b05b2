"""A guest that makes objects of every kind at random, holds on to some and loses others."""

from __future__ import annotations

from gabagool.runtime.limits import Limits

LIMITS = Limits(memory_pages=16, table_elements=100_000, stack_bytes=4 << 20, heap_bytes=1 << 22)
FIRST = 8192       # bytes of heap to begin with: collections are frequent

# `random` gives a number under 2^16. What lives is in a table, a global, an array, locals and
# operands of several frames.
TEXT = """(module
  (rec
    (type $leaf (sub (struct (field $n (mut i32)) (field $b (mut i8)))))
    (type $tree (sub $leaf (struct (field $n (mut i32)) (field $b (mut i8))
      (field $left (mut (ref null $leaf))) (field $right (mut (ref null $tree)))
      (field $f funcref) (field $v v128) (field $any (mut anyref))))))
  (type $bytes (array (mut i8)))
  (type $refs (array (mut anyref)))
  (type $vectors (array v128))
  (type $unary (func (param i32) (result i32)))

  (table $table 16 anyref)
  (table $functions 2 funcref)
  (elem $passive anyref (item (struct.new $leaf (i32.const 77) (i32.const 300)))
                        (item (ref.i31 (i32.const 5))))
  (elem declare func $random)
  (data $data "garbage")
  (global $seed (mut i32) (i32.const 1))
  (global $kept (mut (ref null $tree)) (ref.null $tree))
  (global $first (ref $leaf) (struct.new $leaf (i32.const 1) (i32.const 2)))

  (func $random (param $below i32) (result i32)
    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245))
                               (i32.const 12345)))
    (i32.rem_u (i32.and (i32.shr_u (global.get $seed) (i32.const 8)) (i32.const 0xffff))
               (local.get $below)))

  (func $make (param $depth i32) (result (ref $tree))
    (struct.new $tree
      (call $random (i32.const 1000)) (call $random (i32.const 1000))
      (struct.new $leaf (local.get $depth) (i32.const -1))
      (if (result (ref null $tree)) (local.get $depth)
        (then (call $make (i32.sub (local.get $depth) (i32.const 1))))
        (else (ref.null $tree)))
      (ref.func $random)
      (i32x4.splat (call $random (i32.const 99)))
      (call $thing (call $random (i32.const 8)))))

  (func $thing (param $kind i32) (result anyref) (local $n i32)
    (local.set $n (call $random (i32.const 40)))
    (block $0 (block $1 (block $2 (block $3 (block $4 (block $5 (block $6
      (br_table $0 $1 $2 $3 $4 $5 $6 (local.get $kind)))
      (return (array.new $refs (table.get $table (call $random (i32.const 16))) (local.get $n))))
      (return (array.new_default $bytes (i32.mul (local.get $n) (i32.const 9)))))
      (return (array.new_data $bytes $data (i32.const 1) (call $random (i32.const 7)))))
      (return (array.new_elem $refs $passive (i32.const 0) (i32.const 2))))
      (return (array.new $vectors (i32x4.splat (local.get $n)) (i32.const 3))))
      (return (array.new_fixed $refs 3 (global.get $kept) (global.get $first)
                                       (struct.new_default $leaf))))
    (ref.i31 (local.get $n)))

  (func $sum (param $it anyref) (result i32)
    (local $tree (ref null $tree)) (local $n i32)
    (block $leaf (result (ref $leaf))
      (block $bytes (result (ref $bytes))
        (br_on_cast $leaf anyref (ref $leaf)
          (br_on_cast $bytes anyref (ref $bytes) (local.get $it)))
        (drop)
        (if (ref.test (ref i31) (local.get $it))
          (then (return (i31.get_s (ref.cast i31ref (local.get $it))))))
        (return (i32.const 1)))
      (return (array.len)))
    (local.set $n (struct.get_s $leaf $b))
    (block $small (result anyref)
      (local.set $tree (br_on_cast_fail $small anyref (ref $tree) (local.get $it)))
      (return (i32.add (i32.mul (local.get $n) (i32.const 31))
        (i32.add (call $sum (struct.get $tree $right (local.get $tree)))
          (i32.add (call $sum (struct.get $tree $left (local.get $tree)))
                   (struct.get $tree $n (local.get $tree)))))))
    (drop)
    (local.get $n))

  (func (export "run") (param $rounds i32) (result i32)
    (local $sum i32) (local $tree (ref null $tree))
    (loop $round
      (local.set $tree (call $make (call $random (i32.const 6))))
      (table.set $table (call $random (i32.const 16)) (local.get $tree))
      (table.set $table (call $random (i32.const 16)) (call $thing (call $random (i32.const 8))))
      (if (i32.eqz (call $random (i32.const 3)))
        (then
          (struct.set $tree $any (local.get $tree) (global.get $kept))
          (global.set $kept (local.get $tree)))
        (else (if (i32.eqz (call $random (i32.const 9)))
          (then (global.set $kept (ref.null $tree))))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 17))
        (call $sum (table.get $table (call $random (i32.const 16))))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum)))
"""
