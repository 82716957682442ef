(module
  (func $choose (param i32) (result i32)
    (@metadata.code.branch_hint "\01")
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 0))))
  (func (export "run") (result i32) (call $choose (i32.const 5))))
