;; RUN: run %
;; A command of WASI 0.2 that drops its input stream while it has a pollable of it.
(component
  (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $pollable (type $p))
    (export "pollable" (type $pollable (eq $p)))
    (export "input-stream" (type $input (sub resource)))
    (export "[method]input-stream.subscribe" (func (param "self" (borrow $input)) (result (own $pollable))))))
  (alias export $streams "input-stream" (type $input))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input (type $i))
    (export "input-stream" (type $input (eq $i)))
    (export "get-stdin" (func (result (own $input))))))
  (core func $get-stdin (canon lower (func $stdin "get-stdin")))
  (core func $subscribe (canon lower (func $streams "[method]input-stream.subscribe")))
  (core func $drop-stream (canon resource.drop $input))
  (core module $main
    (import "" "get-stdin" (func $get-stdin (result i32)))
    (import "" "subscribe" (func $subscribe (param i32) (result i32)))
    (import "" "drop-stream" (func $drop-stream (param i32)))
    (func (export "run") (result i32)
      (local $stream i32)
      (local.set $stream (call $get-stdin))
      (drop (call $subscribe (local.get $stream)))
      (call $drop-stream (local.get $stream))
      i32.const 0))
  (core instance $main (instantiate $main (with "" (instance
    (export "get-stdin" (func $get-stdin))
    (export "subscribe" (func $subscribe))
    (export "drop-stream" (func $drop-stream))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))
