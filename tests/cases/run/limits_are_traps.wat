;; RUN: run % --invoke spin --timeout 500ms
;; RUN: run % --invoke spin --fuel 1000
;; RUN: run % --invoke grow --max-memory 1MiB
;; RUN: run % --invoke grow --max-memory 32MiB
;; RUN: run % --invoke spin --timeout soon
(module $limits
  (memory 1)
  (func $spin (export "spin") (loop $again (br $again)))
  (func (export "grow") (result i32) (memory.grow (i32.const 256))))
