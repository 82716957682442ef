(module
  (type $binary (func (param i32 i64) (result f32 f64)))
  (import "env" "f" (func (type $binary)))
  (import "env" "g" (global (mut externref)))
  (func (export "func") (param (ref null $binary) (ref null func) externref))
  (global (export "global") f64 (f64.const 0))
  (table (export "table") 2 50 funcref)
  (memory (export "memory") 1))
