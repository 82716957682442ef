;; RUN: component embed missing.wit %
;; RUN: component embed --world w % %
(module)
