(component
  (type (result (error error-context)))
  (core func (canon error-context.drop))
  (core module $run (func (export "run") (result i32) (i32.const 1)))
  (core instance $r (instantiate $run))
  (func (export "run") (result u32) (canon lift (core func $r "run")))
)
