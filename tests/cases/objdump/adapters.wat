;; RUN: objdump --adapters %
;; Two guests, and a call between them with a record, a list and an enumeration; the two calls share one adapter.
(component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
      (func (export "f") (param i32 i32 i32 i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m))
    (type $colour (enum "red" "green"))
    (export $c "colour" (type $colour))
    (func (export "f") (param "a" bool) (param "b" (list (tuple char u8))) (param "c" $c) (result $c)
      (canon lift (core func $i "f") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "callee" (instance $callee
      (type $colour (enum "red" "green"))
      (export "colour" (type $c (eq $colour)))
      (export "f" (func (param "a" bool) (param "b" (list (tuple char u8))) (param "c" $c) (result $c)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $mem (instantiate $memory))
    (core func $f (canon lower (func $callee "f") (memory $mem "memory")))
    (core func $again (canon lower (func $callee "f") (memory $mem "memory")))
    (core module $m (import "" "f" (func (param i32 i32 i32 i32) (result i32)))
                    (import "" "again" (func (param i32 i32 i32 i32) (result i32))))
    (core instance (instantiate $m (with "" (instance (export "f" (func $f)) (export "again" (func $again)))))))
  (instance (instantiate $caller (with "callee" (instance $callee)))))
