;; RUN: print --features all %
(component
  (core type $f (func (param i32 i64) (result f32)))
  (core rec (type $list (struct (field i32) (field (ref null $list)))))
  (core type $m (module
    (alias outer 1 $f (type $g))
    (type $h (func))
    (import "env" "f" (func (type $g)))
    (import "env" "memory" (memory i64 1 2))
    (export "table" (table 1 10 funcref))
    (export "global" (global (mut i32)))
    (export "start" (func (type $h)))
    (export "tag" (tag (type $h)))))
  (import "m" (core module $imported (type $m))))
