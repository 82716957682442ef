;; RUN: validate --features smid %
(module)
