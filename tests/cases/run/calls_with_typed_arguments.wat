;; RUN: run % --invoke add 1 -2
;; RUN: run % --invoke add(1,-2)
;; RUN: run % --invoke mixed 5 nan
;; RUN: run % --invoke swap (1,2,3,4294967295)
;; RUN: run % --invoke nothing null
;; RUN: run % --invoke add 1
;; RUN: run % --invoke add 1 x
;; RUN: run % --invoke missing
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mixed") (param i64 f32) (result f32 i64) (local.get 1) (local.get 0))
  (func (export "swap") (param v128) (result v128)
    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 0) (local.get 0)))
  (func (export "nothing") (param externref) (result externref) (local.get 0)))
