;; A compiled file runs like what it was made of; what is not one says so, and the cache is looked at.
;; RUN: compile % -o calc.tnn
;; RUN: run --invoke add calc.tnn 40 2
;; RUN: run --invoke divide calc.tnn 40 0
;; RUN: compile calc.tnn
;; RUN: run --tier optimizing --invoke add % 1 2
;; RUN: run --tier fastest --invoke add % 1 2
;; RUN: cache clear --folder /dev/null
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))
