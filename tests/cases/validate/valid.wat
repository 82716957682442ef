;; RUN: validate %
;; RUN: validate -v %
;; RUN: validate --threads 2 %
(module (func (result i32) (i32.const 1)))
