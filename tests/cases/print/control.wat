(module
  (tag $t (param i32))
  (func (param i32) (result i32)
    (block $done (result i32)
      (try_table (result i32) (catch $t $done)
        (block $one
          (block $zero
            (br_table $zero $one $done (i32.const 7) (local.get 0)))
          (throw $t (i32.const 1)))
        (return (i32.const 2))))))
