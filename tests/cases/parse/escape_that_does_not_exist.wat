(module (func (export "\q")))
