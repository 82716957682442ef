(module
  (memory 1)
  (data $bytes "\01\02\03\04")
  (func (export "run") (result i32)
    (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 4))
    (data.drop $bytes)
    (memory.copy (i32.const 100) (i32.const 0) (i32.const 4))
    (memory.fill (i32.const 101) (i32.const 0) (i32.const 3))
    (i32.load (i32.const 100))))
