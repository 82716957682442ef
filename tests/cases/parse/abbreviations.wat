(module
  (func (import "m" "f") (param i32))
  (memory (export "memory") (data "ab\63\u{64}"))
  (table funcref (elem 0))
  (func (export "a") (export "b") (local i32 i32) (if (i32.const 1) (then (nop)) (else (nop)))))
