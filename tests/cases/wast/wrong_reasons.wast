;; None of these may pass: each fails for another reason than it names.
(assert_invalid (module (func (result i32))) "unknown local")
(assert_malformed (module quote "(func") "unknown operator")
(assert_invalid (module quote "(func") "type mismatch")
(assert_malformed (module quote "(func (result i32))") "type mismatch")
(assert_invalid (module) "type mismatch")
(module (func (result i32)))
