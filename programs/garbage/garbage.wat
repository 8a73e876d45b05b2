;; Garbage: objects by the hundred million, of which few live on.
;;
;; Every round makes a node that is dead a moment later. Every 64th node is kept: it goes to the
;; head of one of 1024 queues, and the one it finds there becomes its `next`; a queue that has
;; grown to 64 nodes loses its older half. So some 50,000 nodes are alive at any time, in chains
;; that the collector has to follow, and each of them dies sooner or later.
(module
  (type $node (sub final (struct
    (field $value i32)
    (field $length i32)
    (field $next (mut (ref null $node))))))
  (type $queues (array (mut (ref null $node))))

  (global $queues (ref $queues) (array.new_default $queues (i32.const 1024)))

  ;; Cut a queue behind its first 32 nodes; the head says how long it is.
  (func $cut (param $head (ref $node)) (result (ref $node))
    (local $node (ref $node)) (local $left i32)
    (local.set $node (local.get $head))
    (local.set $left (i32.const 31))
    (loop $walk
      (if (i32.eqz (local.get $left))
        (then (struct.set $node $next (local.get $node) (ref.null $node)))
        (else
          (local.set $node (ref.as_non_null (struct.get $node $next (local.get $node))))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $walk))))
    (struct.new $node (struct.get $node $value (local.get $head)) (i32.const 32)
                      (struct.get $node $next (local.get $head))))

  (func $keep (param $value i32)
    (local $at i32) (local $head (ref null $node)) (local $length i32)
    (local.set $at (i32.and (local.get $value) (i32.const 1023)))
    (local.set $head (array.get $queues (global.get $queues) (local.get $at)))
    (if (i32.eqz (ref.is_null (local.get $head)))
      (then
        (local.set $length (struct.get $node $length (local.get $head)))
        (if (i32.ge_u (local.get $length) (i32.const 64))
          (then
            (local.set $head (call $cut (ref.as_non_null (local.get $head))))
            (local.set $length (i32.const 32))))))
    (array.set $queues (global.get $queues) (local.get $at)
      (struct.new $node (local.get $value) (i32.add (local.get $length) (i32.const 1))
                        (local.get $head))))

  ;; A number that depends on every node that is alive, and on its place.
  (func $checksum (result i32)
    (local $at i32) (local $node (ref null $node)) (local $sum i32)
    (loop $queue
      (local.set $node (array.get $queues (global.get $queues) (local.get $at)))
      (block $end
        (loop $walk
          (local.set $sum (i32.add
            (i32.mul (local.get $sum) (i32.const 31))
            (struct.get $node $value (br_on_null $end (local.get $node)))))
          (local.set $node (struct.get $node $next (local.get $node)))
          (br $walk))
        (unreachable))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $queue (i32.lt_u (local.get $at) (i32.const 1024))))
    (local.get $sum))

  ;; Make n nodes of 32 bytes; the checksum.
  (func $garbage (export "garbage") (param $n i32) (result i32)
    (local $i i32) (local $node (ref $node)) (local $sum i32)
    (loop $next
      (local.set $node (struct.new $node (local.get $i) (i32.const 1) (ref.null $node)))
      (local.set $sum (i32.add
        (i32.mul (local.get $sum) (i32.const 5))
        (struct.get $node $value (local.get $node))))
      (if (i32.eqz (i32.and (local.get $i) (i32.const 63)))
        (then (call $keep (i32.shr_u (local.get $sum) (i32.const 8)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (i32.add (local.get $sum) (call $checksum))))
