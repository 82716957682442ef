(module
  (func (export "run") (result i32)
    (i32.and
      (i32.eq (i32.extend8_s (i32.const 0xff)) (i32.const -1))
      (i64.eq (i64.extend32_s (i64.const 0x8000_0000)) (i64.const -0x8000_0000)))))
