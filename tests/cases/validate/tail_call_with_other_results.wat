(module (func $f (result f64) (f64.const 0)) (func (result i32) (return_call $f)))
