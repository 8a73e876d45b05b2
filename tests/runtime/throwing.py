"""Modules that throw, for tests: the instructions of 3.0, and the legacy ones."""

from __future__ import annotations

# run(n): for n = 0…6 an exception that is caught elsewhere each time, 7: none, 8: not caught.
NEW = """(module
  (type $f (func))
  (tag $e (param i32))
  (tag $wide (param i32 v128 i64 (ref null $f)))
  (tag $none)
  (table funcref (elem $deep))
  (memory 1)
  (global $sum (mut i64) (i64.const 0))
  (func $dummy)
  (elem declare func $dummy)
  (func $choose (param $n i32)
    (if (i32.eq (local.get $n) (i32.const 0)) (then (throw $e (i32.const 10))))
    (if (i32.eq (local.get $n) (i32.const 1))
      (then (throw $wide (i32.const 20) (v128.const i64x2 5 6) (i64.const 7) (ref.func $dummy))))
    (if (i32.le_u (local.get $n) (i32.const 3)) (then (throw $none)))
    (if (i32.eq (local.get $n) (i32.const 4)) (then (return_call $tail (i32.const 44))))
    (if (i32.eq (local.get $n) (i32.const 8)) (then (throw $e (i32.const 99)))))
  (func $tail (param i32)
    (block $out (try_table (catch $none $out) (return_call $thrower (local.get 0)))))
  (func $thrower (param i32) (local i64 v128) (throw $e (local.get 0)))
  (func $deep (param $n i32) (param $depth i32) (local v128 i64)
    (i64.const 3)
    (if (local.get $depth)
      (then (call $deep (local.get $n) (i32.sub (local.get $depth) (i32.const 1))))
      (else (call $choose (local.get $n))))
    (global.set $sum))
  (func $again (param $n i32) (result i32)
    (block $ref (result i32 exnref)
      (try_table (catch_ref $e $ref)
        (call_indirect (param i32 i32) (local.get $n) (i32.const 3) (i32.const 0)))
      (return (i32.const 1)))
    (if (param exnref) (i32.ne (local.get $n) (i32.const 4))
      (then (throw_ref)) (else (drop)))
    (i32.const 100) (i32.add))
  (func $once (param $n i32) (result i32) (local $caught exnref)
    (i64.const -1)                 ;; below everything that is caught here
    (block $wide (result i32 v128 i64 (ref null $f))
      (block $all (result exnref)
        (try_table (result i32) (catch $wide $wide) (catch_all_ref $all)
          (call $again (local.get $n)))
        (return))
      (local.set $caught)
      (if (i32.eq (local.get $n) (i32.const 2)) (then (return (i32.const 2))))
      (throw_ref (local.get $caught)))
    (drop) (drop) (i32x4.extract_lane 2) (i32.add) (i32.wrap_i64 (i64.add (i64.extend_i32_u)))
    )
  (func (export "run") (param $n i32) (result i32) (local $left i32)
    (local.set $left (i32.const 3))
    (block $e (result i32)
      (loop $more
        (if (i32.eqz (local.get $left)) (then (return (i32.const 55))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (try_table (catch $none $more) (catch $e $e)
          (if (i32.eq (local.get $n) (i32.const 8)) (then (call $choose (local.get $n))))
          (return (call $once (local.get $n)))))
      (unreachable))
    (if (param i32) (result i32) (i32.eq (local.get $n) (i32.const 8))
      (then (i64.extend_i32_u) (global.set $sum) (throw $none)) (else (i32.const 1000) (i32.add))))
)"""

NEW_RESULTS = {0: 1010, 1: 25, 2: 2, 3: 55, 4: 144, 7: 1}

# The same kinds of things with try, catch, catch_all, rethrow and delegate.
LEGACY = """(module
  (tag $e (param i32))
  (tag $two (param i64 i32))
  (tag $none)
  (global $seen (mut i32) (i32.const 0))
  (func $see (param i32)
    (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (local.get 0))))
  (func $choose (param $n i32)
    local.get $n
    if
      local.get $n  i32.const 1  i32.eq  if  i32.const 31  throw $e  end
      local.get $n  i32.const 2  i32.eq  if  i64.const 7  i32.const 32  throw $two  end
      throw $none
    end)
  (func $delegating (param $n i32) (result i32)
    try $outer (result i32)
      try
        try
          local.get $n
          call $choose
        delegate $outer
      catch_all                      ;; skipped by the delegation
        i32.const 9  call $see
      end
      i32.const 5
    catch $e
      i32.const 1  call $see
      i32.const 100
      i32.add
    end)
  (func $rethrowing (param $n i32) (result i32)
    i32.const 1000
    try $try (result i32)
      local.get $n
      call $delegating
    catch $two
      i32.const 2  call $see
      drop
      i32.wrap_i64
      try (param i32) (result i32)
        drop
        i32.const 4  throw $e
      catch $e
        try (result i32)
          rethrow 1
        catch $e
          i32.const 3  call $see
        end
        i32.add
        i32.const 1
        i32.add
      end
    catch_all
      i32.const 4  call $see
      local.get $n
      i32.const 4
      i32.eq
      if  rethrow $try  end
      i32.const 77
    end
    i32.add)
  (func (export "run") (param $n i32) (result i32 i32)
    local.get $n  call $rethrowing
    global.get $seen)
)"""

LEGACY_RESULTS = {0: (1005, 0), 1: (1131, 1), 2: (1009, 23), 3: (1077, 4)}
