(module
  (func $"a name with spaces" (export "a") (call $"\u{e9}\22"))
  (func $"\u{e9}\22"))
