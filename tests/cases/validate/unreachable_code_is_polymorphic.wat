(module (func (result i32) unreachable i32.add (block (result f32) br 0) drop))
