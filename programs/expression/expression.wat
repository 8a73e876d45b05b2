;; Expression: a text becomes a tree, and the tree a number.
;;
;; A node is a number, a variable, or an operation on two other nodes, each a type of its own below
;; $node. All know their parent, so the tree is full of cycles. An operation remembers its result:
;; as an i31 if it fits, else as a number node. The last eight results go to a table.
(module
  (rec
    (type $node (sub (struct
      (field $parent (mut (ref null $operation))))))
    (type $number (sub final $node (struct
      (field $parent (mut (ref null $operation)))
      (field $value i64))))
    (type $variable (sub final $node (struct
      (field $parent (mut (ref null $operation)))
      (field $letter i8))))
    (type $operation (sub final $node (struct
      (field $parent (mut (ref null $operation)))
      (field $sign i8)
      (field $operands (ref $pair))
      (field $result (mut eqref)))))
    (type $pair (array (ref $node))))
  (type $text (array i8))
  (type $reader (struct (field $text (ref $text)) (field $at (mut i32))))

  (data $source "(x+2)*(x+2)*100-7*x")

  (global $tree (mut (ref null $node)) (ref.null $node))
  (global $calls (mut i32) (i32.const 0))
  (table $results 8 eqref)

  ;; -- reading ---------------------------------------------------------------------------------

  ;; The next character, 0 at the end.
  (func $peek (param $reader (ref $reader)) (result i32)
    (local $text (ref $text)) (local $at i32)
    (local.set $text (struct.get $reader $text (local.get $reader)))
    (local.set $at (struct.get $reader $at (local.get $reader)))
    (if (i32.ge_u (local.get $at) (array.len (local.get $text))) (then (return (i32.const 0))))
    (array.get_u $text (local.get $text) (local.get $at)))

  (func $advance (param $reader (ref $reader))
    (struct.set $reader $at (local.get $reader)
      (i32.add (struct.get $reader $at (local.get $reader)) (i32.const 1))))

  (func $operation (param $sign i32) (param $left (ref $node)) (param $right (ref $node))
        (result (ref $operation))
    (local $new (ref $operation))
    (local.set $new (struct.new $operation
      (ref.null $operation) (local.get $sign)
      (array.new_fixed $pair 2 (local.get $left) (local.get $right)) (ref.null eq)))
    (struct.set $node $parent (local.get $left) (local.get $new))
    (struct.set $node $parent (local.get $right) (local.get $new))
    (local.get $new))

  ;; A number, a letter, or a sum in parentheses.
  (func $read_atom (param $reader (ref $reader)) (result (ref $node))
    (local $char i32) (local $value i64) (local $inside (ref $node))
    (local.set $char (call $peek (local.get $reader)))
    (if (i32.eq (local.get $char) (i32.const 0x28)) ;; (
      (then
        (call $advance (local.get $reader))
        (local.set $inside (call $read_sum (local.get $reader)))
        (call $advance (local.get $reader))
        (return (local.get $inside))))
    (if (i32.ge_u (local.get $char) (i32.const 0x61)) ;; a
      (then
        (call $advance (local.get $reader))
        (return (struct.new $variable (ref.null $operation) (local.get $char)))))
    (loop $digits
      (local.set $char (i32.sub (call $peek (local.get $reader)) (i32.const 0x30))) ;; 0
      (if (i32.lt_u (local.get $char) (i32.const 10))
        (then
          (local.set $value (i64.add (i64.mul (local.get $value) (i64.const 10))
                                     (i64.extend_i32_u (local.get $char))))
          (call $advance (local.get $reader))
          (br $digits))))
    (struct.new $number (ref.null $operation) (local.get $value)))

  (func $read_product (param $reader (ref $reader)) (result (ref $node))
    (local $left (ref $node))
    (local.set $left (call $read_atom (local.get $reader)))
    (loop $next
      (if (i32.eq (call $peek (local.get $reader)) (i32.const 0x2a)) ;; *
        (then
          (call $advance (local.get $reader))
          (local.set $left (call $operation (i32.const 0x2a) (local.get $left)
                                            (call $read_atom (local.get $reader))))
          (br $next))))
    (local.get $left))

  (func $read_sum (param $reader (ref $reader)) (result (ref $node))
    (local $left (ref $node)) (local $sign i32)
    (local.set $left (call $read_product (local.get $reader)))
    (loop $next
      (local.set $sign (call $peek (local.get $reader)))
      (if (i32.or (i32.eq (local.get $sign) (i32.const 0x2b))  ;; +
                  (i32.eq (local.get $sign) (i32.const 0x2d))) ;; -
        (then
          (call $advance (local.get $reader))
          (local.set $left (call $operation (local.get $sign) (local.get $left)
                                            (call $read_product (local.get $reader))))
          (br $next))))
    (local.get $left))

  ;; -- computing -------------------------------------------------------------------------------

  (func $boxed (param $value i64) (result (ref eq))
    (if (i64.eq (i64.shr_s (i64.shl (local.get $value) (i64.const 33)) (i64.const 33))
                (local.get $value))
      (then (return (ref.i31 (i32.wrap_i64 (local.get $value))))))
    (struct.new $number (ref.null $operation) (local.get $value)))

  (func $unboxed (param $value (ref eq)) (result i64)
    (block $small (result (ref i31))
      (return (struct.get $number $value
        (ref.cast (ref $number) (br_on_cast $small (ref eq) (ref i31) (local.get $value))))))
    (i64.extend_i32_s (i31.get_s)))

  (func $evaluate (param $node (ref $node)) (param $x i64) (result i64)
    (local $operation (ref $operation)) (local $left i64) (local $right i64) (local $result i64)
    (block $is_number (result (ref $number))
      (block $is_operation (result (ref $operation))
        (br_on_cast $is_operation (ref $node) (ref $operation)
          (br_on_cast $is_number (ref $node) (ref $number) (local.get $node)))
        (drop)
        (return (local.get $x)))
      (local.set $operation)
      (local.set $left (call $evaluate
        (array.get $pair (struct.get $operation $operands (local.get $operation)) (i32.const 0))
        (local.get $x)))
      (local.set $right (call $evaluate
        (array.get $pair (struct.get $operation $operands (local.get $operation)) (i32.const 1))
        (local.get $x)))
      (local.set $result (call $apply
        (struct.get_u $operation $sign (local.get $operation))
        (local.get $left) (local.get $right)))
      (struct.set $operation $result (local.get $operation) (call $boxed (local.get $result)))
      (return (local.get $result)))
    (struct.get $number $value))

  (func $apply (param $sign i32) (param $left i64) (param $right i64) (result i64)
    (if (i32.eq (local.get $sign) (i32.const 0x2a))
      (then (return (i64.mul (local.get $left) (local.get $right)))))
    (if (i32.eq (local.get $sign) (i32.const 0x2d))
      (then (return (i64.sub (local.get $left) (local.get $right)))))
    (i64.add (local.get $left) (local.get $right)))

  ;; The value of the expression; its tree is made by the first call.
  (func $calculate (export "calculate") (param $x i32) (result i64)
    (local $text (ref $text)) (local $value i64)
    (if (ref.is_null (global.get $tree))
      (then
        (local.set $text (array.new_data $text $source (i32.const 0) (i32.const 19)))
        (global.set $tree (call $read_sum
          (struct.new $reader (local.get $text) (i32.const 0))))))
    (local.set $value (call $evaluate (ref.as_non_null (global.get $tree))
                                      (i64.extend_i32_s (local.get $x))))
    (table.set $results (i32.and (global.get $calls) (i32.const 7))
                        (call $boxed (local.get $value)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.get $value))

  ;; The same for every x from 1 to n; the sum of the values, and the tree.
  (func $sum (export "sum") (param $n i32) (result i64 (ref null $node))
    (local $total i64)
    (loop $next
      (local.set $total (i64.add (local.get $total) (call $calculate (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $total) (global.get $tree)))
