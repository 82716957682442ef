(module (func (param externref) (drop (ref.cast i31ref (local.get 0)))))
