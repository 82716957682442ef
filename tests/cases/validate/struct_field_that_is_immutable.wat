(module
  (type $s (struct (field i32)))
  (func (param (ref $s)) (struct.set $s 0 (local.get 0) (i32.const 1))))
