(module (func (call $nobody)))
