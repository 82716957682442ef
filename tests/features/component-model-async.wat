(component
  (type (func async (param "x" (stream u8)) (result (future string))))
  (core func (canon waitable-set.new))
  (core module $run (func (export "run") (result i32) (i32.const 1)))
  (core instance $r (instantiate $run))
  (func (export "run") (result u32) (canon lift (core func $r "run")))
)
