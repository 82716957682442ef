(module
  (tag $oops (param i32))
  (func (export "run") (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $oops $caught)
        (throw $oops (i32.const 1))))))
