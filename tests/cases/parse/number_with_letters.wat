(module (func i32.const 12ab drop))
