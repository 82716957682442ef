(module
  (import "" "add" (func $add (param i32 i32) (result i32)))
  (import "" "closure" (func $closure (param i64) (result i64)))
  (func (export "run") (param i32 i32) (result i64)
    (call $closure (i64.extend_i32_s (call $add (local.get 0) (local.get 1))))))
