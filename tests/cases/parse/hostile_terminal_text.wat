(module (func [31mred))
