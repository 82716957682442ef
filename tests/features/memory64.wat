(module
  (memory i64 1)
  (table i64 1 funcref)
  (func (export "run") (result i32)
    (i64.store (i64.const 8) (i64.const 1))
    (i32.and
      (i64.eq (table.size) (memory.size))
      (i32.wrap_i64 (i64.load (i64.const 8))))))
