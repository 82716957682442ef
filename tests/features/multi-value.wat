(module
  (func $both (result i32 i32) (i32.const 3) (i32.const 2))
  (func (export "run") (result i32)
    (call $both)
    (block (param i32 i32) (result i32) i32.sub)))
