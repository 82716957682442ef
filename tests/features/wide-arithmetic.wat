(module
  (func (export "run") (result i32)
    (local $low i64)
    (local $high i64)
    (i64.mul_wide_u (i64.const -1) (i64.const 2))
    (local.set $high)
    (local.set $low)
    (i32.and
      (i64.eq (local.get $low) (i64.const -2))
      (i64.eq (local.get $high) (i64.const 1)))))
