(module (func $start (param i32)) (start $start))
