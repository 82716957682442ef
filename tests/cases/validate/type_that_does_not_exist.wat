(module (func (type 3)))
