(module
  (memory $first 1)
  (memory $second 1)
  (func (export "run") (result i32)
    (i32.store $second (i32.const 4) (i32.const 1))
    (memory.copy $first $second (i32.const 0) (i32.const 4) (i32.const 4))
    (i32.load $first (i32.const 0))))
