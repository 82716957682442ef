(module
  (rec
    (type $a (struct))
    (type $b (sub $a (struct)))))
