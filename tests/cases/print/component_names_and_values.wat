;; RUN: print --features all %
(component $c
  (import "a:b/c@1" (versionsuffix ".2.3") (instance $versioned))
  (import "plain" (implements "a:b/d") (external-id "x\"y") (instance $implements))
  (import "r" (type $r (sub resource)))
  (import "[constructor]r" (func (param "size" u32) (result (own $r))))
  (import "[method]r.read" (func (param "self" (borrow $r)) (result (list u8))))
  (import "[static]r.open" (func (result (own $r))))
  (value $v string "text")
  (value (tuple u8 bool) (tuple 1 true))
  (import "init" (func $init (param "text" string) (result bool)))
  (start $init (value $v) (result (value $done)))
  (export "done" (value $done))
  (@custom "before" "\00\01"))
