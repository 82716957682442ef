;; RUN: validate --features all,-simd %
;; RUN: validate --features none %
;; RUN: validate --features simd %
(module (func (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0))))
