(module
  (table $references 1 externref)
  (func (export "run") (result i32)
    (drop (table.grow $references (ref.null extern) (i32.const 1)))
    (ref.is_null (table.get $references (i32.const 1)))))
