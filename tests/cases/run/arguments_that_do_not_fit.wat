;; RUN: run % --invoke area({width:2,height:3})
;; RUN: run % --invoke area({width:2})
;; RUN: run % --invoke area({width:2,depth:3})
;; RUN: run % --invoke area({width:2,height:65536})
;; RUN: run % --invoke area({width:2,height:3},4)
;; RUN: run % --invoke area
;; RUN: run % --invoke ari({width:2,height:3})
;; What is wrong with arguments is said with its place in them, and with the function's type.
(component
  (core module $m (func (export "area") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1))))
  (core instance $m (instantiate $m))
  (type $size' (record (field "width" u16) (field "height" u16)))
  (export $size "size" (type $size'))
  (func (export "area") (param "of" $size) (result u32) (canon lift (core func $m "area"))))
