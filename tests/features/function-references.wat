(module
  (type $unary (func (param i32) (result i32)))
  (elem declare func $increment)
  (func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func (export "run") (result i32)
    (call_ref $unary (i32.const 0) (ref.func $increment))))
