(module))
