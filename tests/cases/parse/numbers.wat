;; Every form of a number; the bytes are those of the standard.
(module
  (func
    (drop (i32.const -0x8000_0000))
    (drop (i32.const 4_294_967_295))
    (drop (i64.const 0xffff_ffff_ffff_ffff))
    (drop (f32.const nan:0x20_0000))
    (drop (f32.const -inf))
    (drop (f32.const 0x1.8p-149))
    (drop (f64.const 0x1p1023))
    (drop (f64.const 1e-400))
    (drop (f64.const -nan))))
