(module
  (global $sum i32 (i32.sub (i32.mul (i32.const 7) (i32.const 3)) (i32.const 20)))
  (func (export "run") (result i32) (global.get $sum)))
