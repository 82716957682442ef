;; A block can't take what lies below it on the stack.
(module (func (result i32) i32.const 1 (block i32.const 2 i32.add drop)  ))
