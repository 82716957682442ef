(component
  (core module $fine (func))
  (core module $m (func (export "g") (result i32)
    (i64.const 0))))
