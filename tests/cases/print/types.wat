(module
  (rec
    (type $list (sub (struct (field $head i32) (field $tail (mut (ref null $list))))))
    (type $visitor (func (param (ref $list)) (result (ref null $visitor)))))
  (type $pair (sub final $list (struct (field i32) (field (mut (ref null $list))) (field i8))))
  (type $bytes (array (mut i8)))
  (func (param anyref eqref i31ref structref arrayref funcref externref exnref nullref nullfuncref nullexternref nullexnref)))
