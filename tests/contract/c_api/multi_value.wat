(module
  (type $four (func (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
  (import "" "reverse" (func $reverse (type $four)))
  (func (export "run") (type $four)
    (call $reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "many") (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
    (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)))
