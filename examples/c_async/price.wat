;; price: func(item: u32) -> u32 asks the host for what an item costs, and adds a fifth. It may wait as often as there
;; are calls.
(component
  (import "cost" (func $cost async (param "item" u32) (result u32)))
  (core func $cost (canon lower (func $cost)))
  (core func $return (canon task.return (result u32)))
  (core module $m
    (import "" "cost" (func $cost (param i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (func (export "price") (param i32) (local $cost i32)
      (local.set $cost (call $cost (local.get 0)))
      (call $return (i32.add (local.get $cost) (i32.div_u (local.get $cost) (i32.const 5))))))
  (core instance $m (instantiate $m (with "" (instance (export "cost" (func $cost)) (export "return" (func $return))))))
  (func (export "price") async (param "item" u32) (result u32) (canon lift (core func $m "price") async)))
