(module)
(assert_something (module))
