(module
  (import "env" "const" (global $const f32))
  (import "env" "var" (global $var (mut i64)))
  (global (export "own") (mut f64) (f64.const 5))
  (func (export "get_const") (result f32) (global.get $const))
  (func (export "get_var") (result i64) (global.get $var))
  (func (export "set_var") (param i64) (global.set $var (local.get 0))))
