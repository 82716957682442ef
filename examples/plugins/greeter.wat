;; A plug-in. As WIT:
;;
;;   import demo:host/log   { write: func(line: string); }
;;   import demo:host/names { look-up: async func(number: u32) -> string; }
;;   export resource greeter {
;;     constructor(greeting: string);
;;     greet: async func(number: u32) -> string;
;;   }
(component
  (import "demo:host/log" (instance $log
    (export "write" (func (param "line" string)))))
  (import "demo:host/names" (instance $names
    (export "look-up" (func async (param "number" u32) (result string)))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 16))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (type $greeter' (resource (rep i32)))
  (export $greeter "greeter" (type $greeter'))
  (core func $new (canon resource.new $greeter'))
  (core func $write (canon lower (func $log "write") (memory $libc "memory")))
  (core func $look-up (canon lower (func $names "look-up") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $return (canon task.return (result string) (memory $libc "memory")))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "libc" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "host" "new" (func $new (param i32) (result i32)))
    (import "host" "write" (func $write (param i32 i32)))
    (import "host" "look-up" (func $look-up (param i32 i32)))
    (import "host" "return" (func $return (param i32 i32)))
    (func $allocate (param $size i32) (result i32)
      (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $size)))
    ;; A greeter is the place of its greeting: address and length.
    (func (export "[constructor]greeter") (param $text i32) (param $size i32) (result i32)
      (local $self i32)
      (local.set $self (call $allocate (i32.const 8)))
      (i32.store (local.get $self) (local.get $text))
      (i32.store offset=4 (local.get $self) (local.get $size))
      (call $write (local.get $text) (local.get $size))
      (call $new (local.get $self)))
    (func (export "[method]greeter.greet") (param $self i32) (param $number i32)
      (local $name i32) (local $text i32) (local $length i32)
      (local.set $name (call $allocate (i32.const 8)))
      (call $look-up (local.get $number) (local.get $name))  ;; waits
      (local.set $length (i32.load offset=4 (local.get $self)))
      (local.set $text (call $allocate (i32.add (local.get $length) (i32.load offset=4 (local.get $name)))))
      (memory.copy (local.get $text) (i32.load (local.get $self)) (local.get $length))
      (memory.copy (i32.add (local.get $text) (local.get $length))
                   (i32.load (local.get $name)) (i32.load offset=4 (local.get $name)))
      (call $return (local.get $text) (i32.add (local.get $length) (i32.load offset=4 (local.get $name))))))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "new" (func $new)) (export "write" (func $write))
      (export "look-up" (func $look-up)) (export "return" (func $return))))))
  (func (export "[constructor]greeter") (param "greeting" string) (result (own $greeter))
    (canon lift (core func $m "[constructor]greeter") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (func (export "[method]greeter.greet") async (param "self" (borrow $greeter)) (param "number" u32) (result string)
    (canon lift (core func $m "[method]greeter.greet") async (memory $libc "memory"))))
