(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func async (canon lift (core func $i "f") async))
  (core module $run (func (export "run") (result i32) (i32.const 1)))
  (core instance $r (instantiate $run))
  (func (export "run") (result u32) (canon lift (core func $r "run")))
)
