(module
  (func
    (drop (i32.const 4294967295))
    (drop (i64.const 0x8000000000000000))
    (drop (f32.const 0.1))
    (drop (f32.const 16777216))
    (drop (f32.const -nan:0x123))
    (drop (f64.const 1e308))
    (drop (f64.const 5e-324))
    (drop (f64.const -0))
    (drop (f64.const inf))
    (drop (f64.const nan))
    (drop (v128.const i32x4 1 -1 0x12345678 0))))
