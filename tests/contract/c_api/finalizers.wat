(module
  (global (export "global") (mut externref) (ref.null extern))
  (func (export "run")))
