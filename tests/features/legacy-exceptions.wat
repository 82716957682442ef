(module
  (tag $oops (param i32))
  (func (export "run") (result i32)
    (try (result i32)
      (do (throw $oops (i32.const 1)))
      (catch $oops)
      (catch_all (i32.const 0)))))
