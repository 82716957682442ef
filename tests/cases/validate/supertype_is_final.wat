(module
  (type $a (struct))
  (type $b (sub $a (struct (field i64)))))
