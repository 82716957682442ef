(module
  (@custom "note" (after func) "text")
  (func (@name "the one that runs") (export "run") (result i32) (i32.const 1)))
