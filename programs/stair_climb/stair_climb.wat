;; stair_climb: in how many ways can you climb n stairs, one or two at a time?
;;
;; The last move came from one stair below or from two, so
;; ways(n) = ways(n-1) + ways(n-2), and one way leads to the bottom: staying.
;; A short loop over four locals: a good first thing to step through,
;; forwards and backwards.

(module
  (func $stair_climb (export "stair_climb") (param $stairs i32) (result i32)
    (local $ways i32)      ;; to the stair we stand on
    (local $below i32)     ;; to the stair below it
    (local $next i32)      ;; to the stair above it
    (local.set $ways (i32.const 1))
    (block $top
      (loop $climb
        (br_if $top (i32.le_s (local.get $stairs) (i32.const 0)))
        (local.set $next (i32.add (local.get $ways) (local.get $below)))
        (local.set $below (local.get $ways))
        (local.set $ways (local.get $next))
        (local.set $stairs (i32.sub (local.get $stairs) (i32.const 1)))
        (br $climb)))
    (local.get $ways)))
