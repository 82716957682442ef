;; RUN: print %
;; Abbreviations are written out: inline exports, inline aliases, instances of nothing but exports.
(component $outer
  (core module $m (@name "the module")
    (memory (export "memory") 1)
    (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "run") (param i32 i32)))
  (core instance $i (instantiate $m))
  (core instance $j (instantiate $m (with "env" (instance (export "memory" (memory $i "memory"))))))
  (component $inner
    (import "log" (func $log (param "text" string)))
    (export "log" (func $log)))
  (func $run (param "text" string)
    (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
  (instance $a (instantiate $inner (with "log" (func $run))))
  (instance $b (export "run" (func $run)) (export "log" (func $a "log")))
  (alias export $b "run" (func $again))
  (export $visible "run" (func $again) (func (param "text" string)))
  (export "a:b/c@1.0.0" (instance $b)))
