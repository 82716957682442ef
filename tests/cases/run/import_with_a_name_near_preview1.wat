;; The note names the function that was meant.
(module
  (import "wasi_snapshot_preview1" "fd_wriite" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "thread_spawn" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
