(module
  (memory 3 (pagesize 1))
  (func (export "run") (result i32)
    (i32.eq (memory.size) (i32.const 3))))
