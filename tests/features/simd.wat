(module
  (func (export "run") (result i32)
    (i32x4.extract_lane 2
      (i32x4.sub (v128.const i32x4 5 6 7 8) (i32x4.splat (i32.const 6))))))
