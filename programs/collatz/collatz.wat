;; collatz: which number below a limit takes longest to come down to 1?
;;
;; Halve an even number, triple an odd one and add 1, until it is 1.
;; An integer loop in registers: no memory, few calls.

(module
  ;; How many moves take $n down to 1.
  (func $moves (export "moves") (param $n i64) (result i32)
    (local $count i32)
    (block $done
      (loop $next
        (br_if $done (i64.le_u (local.get $n) (i64.const 1)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (if (i64.eqz (i64.and (local.get $n) (i64.const 1)))
          (then (local.set $n (i64.shr_u (local.get $n) (i64.const 1))))
          (else (local.set $n
            (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
        (br $next)))
    (local.get $count))

  ;; The number below $limit with the most moves.
  (func $collatz (export "collatz") (param $limit i32) (result i32)
    (local $n i32) (local $count i32) (local $best i32) (local $most i32)
    (local.set $n (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $n) (local.get $limit)))
        (local.set $count (call $moves (i64.extend_i32_u (local.get $n))))
        (if (i32.gt_u (local.get $count) (local.get $most))
          (then
            (local.set $most (local.get $count))
            (local.set $best (local.get $n))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $best)))
