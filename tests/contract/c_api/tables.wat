(module
  (type $unary (func (param i32) (result i32)))
  (table (export "table") 3 5 funcref)
  (elem (i32.const 1) $double)
  (func $double (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "call") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))
