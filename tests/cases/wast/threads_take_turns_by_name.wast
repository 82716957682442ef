;; RUN: wast %
;; RUN: wast --seed 1 %
;; RUN: wast --seed 2 %
;; RUN: wast --seed 3 %
;; RUN: wast --seed 4 %
;; RUN: wast --seed 5 %
;; Threads of one task: resumed now, resumed later, and resumed by the one they resumed. (After test_threads of the
;; executable reference.)
(component
  (component $log
    (core module $m
      (memory (export "memory") 1)
      (global $size (mut i32) (i32.const 0))
      (func (export "note") (param i32)
        (i32.store8 (i32.add (i32.const 16) (global.get $size)) (local.get 0))
        (global.set $size (i32.add (global.get $size) (i32.const 1))))
      (func (export "notes") (result i32)
        (i32.store (i32.const 0) (i32.const 16))
        (i32.store (i32.const 4) (global.get $size))
        (i32.const 0)))
    (core instance $i (instantiate $m))
    (func (export "note") (param "what" char) (canon lift (core func $i "note")))
    (func (export "notes") (result string) (canon lift (core func $i "notes") (memory $i "memory"))))
  (instance $log (instantiate $log))
  (component $main
    (import "log" (instance $log (export "note" (func (param "what" char)))))
    (core module $libc (memory (export "memory") 1) (table (export "table") 4 funcref))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "table" (core table $table))
    (core type $start (func (param i32)))
    (core func $thread.yield (canon thread.yield))
    (core func $thread.index (canon thread.index))
    (core func $thread.suspend-cancellable (canon thread.suspend cancellable))
    (core func $thread.resume-later (canon thread.resume-later))
    (core func $thread.suspend-then-resume-cancellable (canon thread.suspend-then-resume cancellable))
    (core func $thread.yield-then-resume-cancellable (canon thread.yield-then-resume cancellable))
    (core func $thread.new-indirect (canon thread.new-indirect $start (core table $table)))
    (core func $note (canon lower (func $log "note")))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "table" (table 4 funcref))
      (import "" "thread.yield" (func $thread.yield (result i32)))
      (import "" "thread.index" (func $thread.index (result i32)))
      (import "" "thread.suspend-cancellable" (func $thread.suspend-cancellable (result i32)))
      (import "" "thread.resume-later" (func $thread.resume-later (param i32)))
      (import "" "thread.suspend-then-resume-cancellable" (func $thread.suspend-then-resume-cancellable (param i32) (result i32)))
      (import "" "thread.yield-then-resume-cancellable" (func $thread.yield-then-resume-cancellable (param i32) (result i32)))
      (import "" "thread.new-indirect" (func $thread.new-indirect (param i32 i32) (result i32)))
      (import "" "note" (func $note (param i32)))
      (func $expect (param $found i32) (param $expected i32)
        (if (i32.ne (local.get $found) (local.get $expected)) (then unreachable)))
      (func $one (param $x i32) (call $note (i32.const 0x31 (; 1 ;))) (call $expect (local.get $x) (i32.const 13)))
      (func $two (param $main i32)
        (call $note (i32.const 0x33 (; 3 ;)))
        (call $expect (call $thread.yield-then-resume-cancellable (local.get $main)) (i32.const 0)))
      (func $three (param $main i32) (call $note (i32.const 0x36 (; 6 ;))) (call $thread.resume-later (local.get $main)))
      (func $four (param $at i32)
        (call $expect (call $thread.yield) (i32.const 0))
        (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
        (call $expect (call $thread.yield) (i32.const 0))
        (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1))))
      (elem (i32.const 0) func $one $two $three $four)
      (func (export "run") (result i32) (local $main i32) (local $thread i32) (local $i i32)
        (local.set $main (call $thread.index))
        ;; It runs now, and the caller goes on when it has ended.
        (call $expect
          (call $thread.yield-then-resume-cancellable (call $thread.new-indirect (i32.const 0) (i32.const 13))) (i32.const 0))
        (call $note (i32.const 0x32 (; 2 ;)))
        ;; It gives the control back.
        (call $expect
          (call $thread.suspend-then-resume-cancellable (call $thread.new-indirect (i32.const 1) (local.get $main)))
          (i32.const 0))
        (call $note (i32.const 0x34 (; 4 ;)))
        (local.set $thread (call $thread.new-indirect (i32.const 2) (local.get $main)))
        (call $thread.resume-later (local.get $thread))
        (call $note (i32.const 0x35 (; 5 ;)))
        (call $expect (call $thread.suspend-cancellable) (i32.const 0))
        (call $note (i32.const 0x37 (; 7 ;)))
        (loop
          (call $thread.resume-later (call $thread.new-indirect (i32.const 3) (i32.const 16)))
          (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
        (loop
          (if (i32.ne (i32.load8_u (i32.const 16)) (i32.const 10)) (then (drop (call $thread.yield)) (br 1))))
        (call $note (i32.const 0x38 (; 8 ;)))
        (i32.const 42)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory")) (export "table" (table $libc "table"))
      (export "thread.yield" (func $thread.yield)) (export "thread.index" (func $thread.index))
      (export "thread.suspend-cancellable" (func $thread.suspend-cancellable))
      (export "thread.resume-later" (func $thread.resume-later))
      (export "thread.suspend-then-resume-cancellable" (func $thread.suspend-then-resume-cancellable))
      (export "thread.yield-then-resume-cancellable" (func $thread.yield-then-resume-cancellable))
      (export "thread.new-indirect" (func $thread.new-indirect)) (export "note" (func $note))))))
    (func (export "run") async (result u8) (canon lift (core func $i "run"))))
  (instance $main (instantiate $main (with "log" (instance $log))))
  (export "run" (func $main "run"))
  (export "notes" (func $log "notes")))
(assert_return (invoke "run") (u8.const 42))
(assert_return (invoke "notes") (str.const "12345678"))
