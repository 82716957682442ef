;; RUN: run % --invoke outer
(module $deep
  (func $inner (unreachable))
  (func $middle (call $inner))
  (func $outer (export "outer") (call $middle)))
