(module
  (type $t (func))
  (func (local $f (ref $t)) (call_ref $t (local.get $f))))
