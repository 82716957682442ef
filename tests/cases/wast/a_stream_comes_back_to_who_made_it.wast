;; RUN: wast %
;; RUN: wast --seed 1 %
;; RUN: wast --seed 2 %
;; A component gives a stream away while it writes to it, and gets the same end back. (After test_receive_own_stream
;; and test_stream_forward of the executable reference.)
(component
  (component $other
    (core module $m (func (export "same") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (func (export "same") (param "s" (stream u8)) (result (stream u8)) (canon lift (core func $i "same"))))
  (instance $other (instantiate $other))
  (component $consumer
    (import "other" (instance $other (export "same" (func (param "s" (stream u8)) (result (stream u8))))))
    (type $stream (stream u8))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $stream.read (canon stream.read $stream async (memory $libc "memory")))
    (core func $stream.write (canon stream.write $stream async (memory $libc "memory")))
    (core func $stream.cancel-write (canon stream.cancel-write $stream))
    (core func $stream.new (canon stream.new $stream))
    (core func $stream.drop-readable (canon stream.drop-readable $stream))
    (core func $same (canon lower (func $other "same")))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "stream.read" (func $stream.read (param i32 i32 i32) (result i32)))
      (import "" "stream.write" (func $stream.write (param i32 i32 i32) (result i32)))
      (import "" "stream.cancel-write" (func $stream.cancel-write (param i32) (result i32)))
      (import "" "stream.new" (func $stream.new (result i64)))
      (import "" "stream.drop-readable" (func $stream.drop-readable (param i32)))
      (import "" "same" (func $same (param i32) (result i32)))
      (func $expect (param $found i32) (param $expected i32)
        (if (i32.ne (local.get $found) (local.get $expected)) (then unreachable)))
      (func $high (param i64) (result i32) (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))
      (func (export "run") (result i32) (local $ends i64) (local $reader i32) (local $writer i32)
        (local.set $ends (call $stream.new))
        (local.set $reader (i32.wrap_i64 (local.get $ends)))
        (local.set $writer (call $high (local.get $ends)))
        (call $expect (local.get $reader) (i32.const 1))
        (call $expect (local.get $writer) (i32.const 2))
        (call $expect (call $stream.write (local.get $writer) (i32.const 0) (i32.const 4)) (i32.const -1))
        ;; The number that went comes back.
        (call $expect (call $same (local.get $reader)) (i32.const 1))
        (call $expect (call $stream.cancel-write (local.get $writer)) (i32.const 2 (; cancelled, nothing taken ;)))
        (i32.store (i32.const 0) (i32.const 0x04030201))
        ;; The end that came back is as good as before.
        (call $expect (call $stream.write (local.get $writer) (i32.const 0) (i32.const 4)) (i32.const -1))
        (call $expect (call $stream.read (i32.const 1) (i32.const 16) (i32.const 8)) (i32.const 0x40))
        (call $expect (i32.load (i32.const 16)) (i32.const 0x04030201))
        (call $stream.drop-readable (i32.const 1))
        (i32.const 42)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "stream.read" (func $stream.read))
      (export "stream.write" (func $stream.write)) (export "stream.cancel-write" (func $stream.cancel-write))
      (export "stream.new" (func $stream.new)) (export "stream.drop-readable" (func $stream.drop-readable))
      (export "same" (func $same))))))
    (func (export "run") async (result u32) (canon lift (core func $i "run"))))
  (instance $consumer (instantiate $consumer (with "other" (instance $other))))
  (export "run" (func $consumer "run")))
(assert_return (invoke "run") (u32.const 42))
