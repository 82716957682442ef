(module (func (@producers (language "a" "b")) nop))
