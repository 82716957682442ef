(module
  (memory 1 1 shared)
  (func (export "run") (result i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 2)))
    (atomic.fence)
    (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 2) (i32.const 1))
    (i32.sub (i32.atomic.load (i32.const 0)))))
