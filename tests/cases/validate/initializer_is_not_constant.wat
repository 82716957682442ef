(module (global i32 (i32.div_u (i32.const 4) (i32.const 2))))
