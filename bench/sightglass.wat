;; The module `bench` for engines that link modules by name: what passes between `start` and `end` is printed to the
;; error output as `bench NANOSECONDS`, by a steady clock.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "bench ")
  (global $begin (mut i64) (i64.const 0))
  (func $now (result i64)
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 0)))
    (i64.load (i32.const 0)))
  (func (export "start") (global.set $begin (call $now)))
  (func (export "end") (local $left i64) (local $at i32)
    (local.set $left (i64.sub (call $now) (global.get $begin)))
    ;; Twenty digits, from the last to the first, behind the word.
    (local.set $at (i32.const 90))
    (i32.store8 (local.get $at) (i32.const 10))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $left) (i64.const 10)))))
      (local.set $left (i64.div_u (local.get $left) (i64.const 10)))
      (br_if $digits (i32.gt_u (local.get $at) (i32.const 70))))
    (i32.store (i32.const 16) (i32.const 64))
    (i32.store (i32.const 20) (i32.const 27))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 24))))
)
