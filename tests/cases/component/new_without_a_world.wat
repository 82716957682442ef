;; RUN: component new -o out.wasm %
;; RUN: wit out.wasm
(module)
