(module
  (import "" "end" (func $end))
  (memory (export "memory") 1)
  (func (export "run") (call $end) (loop (br 0)))
  (table (export "table") 1 funcref)
  (global (export "global") (mut i32) (i32.const 1)))
