;; A plug-in that keeps what it knows in its host's store. As WIT:
;;
;;   import demo:kv/store {
;;     get: func(key: string) -> option<string>;
;;     set: func(key: string, value: string);
;;   }
;;   export visit: func(name: string) -> u32;  // how often that name came, as stars in the store
;;   export hoard: func() -> u32;              // takes all memory that it gets; gives the pages
;;   export brood: func();                     // never ends
(component
  (import "demo:kv/store" (instance $store
    (export "get" (func (param "key" string) (result (option string))))
    (export "set" (func (param "key" string) (param "value" string)))))
  (core module $libc
    (memory (export "memory") 1)
    (global $next (export "next") (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))) (then (unreachable)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $store "get") (memory $libc "memory") (realloc (func $libc "realloc"))))
  (core func $set (canon lower (func $store "set") (memory $libc "memory")))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "libc" "next" (global $next (mut i32)))
    (import "libc" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (import "host" "set" (func $set (param i32 i32 i32 i32)))
    (func (export "visit") (param $name i32) (param $size i32) (result i32)
      (local $stars i32) (local $count i32)
      (call $get (local.get $name) (local.get $size) (i32.const 0))
      (if (i32.load8_u (i32.const 0)) (then (local.set $count (i32.load (i32.const 8)))))
      (local.set $stars (call $realloc (i32.const 0) (i32.const 0) (i32.const 1)
                                       (i32.add (local.get $count) (i32.const 1))))
      (memory.fill (local.get $stars) (i32.const 42) (i32.add (local.get $count) (i32.const 1)))
      (call $set (local.get $name) (local.get $size) (local.get $stars) (i32.add (local.get $count) (i32.const 1)))
      (i32.add (local.get $count) (i32.const 1)))
    (func (export "forget") (param i32) (global.set $next (i32.const 64)))
    (func (export "hoard") (result i32)
      (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      (memory.size))
    (func (export "brood") (loop (br 0))))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (func (export "visit") (param "name" string) (result u32)
    (canon lift (core func $m "visit") (memory $libc "memory") (realloc (func $libc "realloc"))
      (post-return (func $m "forget"))))
  (func (export "hoard") (result u32) (canon lift (core func $m "hoard")))
  (func (export "brood") (canon lift (core func $m "brood"))))
