(module
  (type $shape (sub (struct (field $sides i32))))
  (type $square (sub $shape (struct (field $sides i32) (field $length (mut f64)))))
  (type $shapes (array (mut (ref null $shape))))
  (func (export "run") (result i32)
    (local $all (ref $shapes))
    (local.set $all (array.new_default $shapes (i32.const 2)))
    (array.set $shapes (local.get $all) (i32.const 1) (struct.new $square (i32.const 4) (f64.const 1.5)))
    (i32.and
      (ref.test (ref $square) (array.get $shapes (local.get $all) (i32.const 1)))
      (i32.eq (i31.get_s (ref.i31 (i32.const -1))) (i32.const -1)))))
