(module
  (import "" "fail" (func $fail (result i32)))
  (func (export "callback") (result i32) (call $fail))
  (func $inner unreachable)
  (func (export "unreachable") nop (call $inner))
  (func $deep (export "deep") (call $deep))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))
