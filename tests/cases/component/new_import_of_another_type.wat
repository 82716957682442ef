;; RUN: component new %
(module (import "$root" "f" (func)))
