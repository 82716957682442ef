(component
  (instance $e)
  (export "a" (implements "b:c/d") (external-id "x") (instance $e))
  (core module $run (func (export "run") (result i32) (i32.const 1)))
  (core instance $r (instantiate $run))
  (func (export "run") (result u32) (canon lift (core func $r "run")))
)
