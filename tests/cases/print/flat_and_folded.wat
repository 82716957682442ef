;; RUN: print %
;; RUN: print --fold %
(module
  (memory 1)
  (func (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add
    i32.const 3
    i32.mul
    if (result i32)
      i32.const 1
    else
      block (result i32)
        i32.const 8
        i32.load offset=4 align=2
      end
    end
    local.get 0
    br_if 0))
