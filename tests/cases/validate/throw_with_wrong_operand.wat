(module (tag $t (param i64)) (func (throw $t (i32.const 1))))
