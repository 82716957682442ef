(module
  (func (export "run") (result i32)
    (i32.eq (i32.trunc_sat_f32_s (f32.const 1e20)) (i32.const 0x7fff_ffff))))
