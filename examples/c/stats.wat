;; A plug-in for host.c. As WIT:
;;
;;   import demo:stats/log { write: func(line: string); }
;;   record summary { count: u32, sum: u64, largest: option<u32> }
;;   export summarize: func(numbers: list<u32>) -> summary;
;;   export wait-forever: func();
(component
  (import "demo:stats/log" (instance $log (export "write" (func (param "line" string)))))
  (type $summary' (record (field "count" u32) (field "sum" u64) (field "largest" (option u32))))
  (export $summary "summary" (type $summary'))
  (core module $libc
    (memory (export "memory") 1)
    (data (i32.const 16) "there are no numbers")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.gt_u (local.get 3) (i32.const 60000)) (then (unreachable)))
      (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $write (canon lower (func $log "write") (memory $libc "memory")))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "host" "write" (func $write (param i32 i32)))
    (func (export "summarize") (param $at i32) (param $count i32) (result i32)
      (local $sum i64) (local $largest i32) (local $left i32) (local $number i32)
      (if (i32.eqz (local.get $count)) (then (call $write (i32.const 16) (i32.const 20))))
      (local.set $left (local.get $count))
      (loop $next
        (if (local.get $left) (then
          (local.set $number (i32.load (local.get $at)))
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $number))))
          (if (i32.gt_u (local.get $number) (local.get $largest)) (then (local.set $largest (local.get $number))))
          (local.set $at (i32.add (local.get $at) (i32.const 4)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next))))
      (i32.store (i32.const 64) (local.get $count))
      (i64.store (i32.const 72) (local.get $sum))
      (i32.store8 (i32.const 80) (i32.ne (local.get $count) (i32.const 0)))
      (i32.store (i32.const 84) (local.get $largest))
      (i32.const 64))
    (func (export "wait-forever") (loop (br 0))))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc)) (with "host" (instance (export "write" (func $write))))))
  (func (export "summarize") (param "numbers" (list u32)) (result $summary)
    (canon lift (core func $m "summarize") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (func (export "wait-forever") (canon lift (core func $m "wait-forever"))))
