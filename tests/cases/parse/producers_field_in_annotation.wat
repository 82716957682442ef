(module (@producers (compiler "a" "b")))
