;; RUN: validate % gone.wat
;; RUN: validate --json %
(module (func (result i32) (i64.const 1)))
