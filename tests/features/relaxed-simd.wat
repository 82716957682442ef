(module
  (func (export "run") (result i32)
    (i32x4.all_true
      (f32x4.eq
        (f32x4.relaxed_madd
          (v128.const f32x4 1 2 3 4) (v128.const f32x4 2 2 2 2) (v128.const f32x4 1 1 1 1))
        (v128.const f32x4 3 5 7 9)))))
