(module (function))
