(module (memory 3 2))
