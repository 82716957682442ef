;; RUN: objdump %
;; RUN: objdump --sections %
;; RUN: objdump --json %
(module $calculator
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory $memory 1 2)
  (global $calls (mut i32) (i32.const 0))
  (table $operations 2 funcref)
  (elem (table $operations) (i32.const 0) func $add $subtract)
  (data $greeting (i32.const 16) "hello\n")
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (export "subtract") (param $left i32) (param $right i32) (result i32)
    (local $difference i32)
    (local.set $difference (i32.sub (local.get $left) (local.get $right)))
    (call $log (local.get $difference))
    (local.get $difference))
  (func $main (export "main")
    (loop $again
      (br_if $again (i32.const 0)))))
