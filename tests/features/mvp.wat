(module
  (memory 1)
  (data (i32.const 8) "\2a\00\00\00")
  (table funcref (elem $load))
  (global $address i32 (i32.const 8))
  (func $load (result i32) (i32.load (global.get $address)))
  (func (export "run") (result i32)
    (i32.eq (call_indirect (result i32) (i32.const 0)) (i32.const 42))))
