(module (func (drop (global.get 0))))
