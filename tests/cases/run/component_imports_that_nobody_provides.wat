;; RUN: run % --invoke run
;; Each kind of interface that is missing has its note.
(component
  (import "wasi:cli/enviroment@0.2.0" (instance (export "get-arguments" (func (result (list string))))))
  (import "wasi:clocks/monotonic-clock@0.1.0" (instance (export "now" (func (result u64)))))
  (import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" (result))))))
  (import "wasi:nn/graph@0.2.0" (instance (export "load" (func))))
  (import "demo:host/log" (instance (export "write" (func))))
  (core module $main (func (export "run")))
  (core instance $main (instantiate $main))
  (func (export "run") (canon lift (core func $main "run"))))
