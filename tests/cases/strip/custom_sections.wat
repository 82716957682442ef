;; RUN: strip -t %
;; RUN: strip -t --all %
;; RUN: strip -t --delete note %
(module $m
  (@custom "note" "1")
  (@custom "other" "2")
  (func $f (export "f")))
