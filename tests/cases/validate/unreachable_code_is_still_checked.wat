(module (func (result i32) unreachable f32.const 1 i32.add))
