  ;; The end of the composition. Before it stand the imports from WASI, component 0 (the sieve) and component 1 (the page).
  (instance $sieve (instantiate 0))
  (instance $page (instantiate 1
    (with "demo:primes/sieve" (instance $sieve "demo:primes/sieve"))
    (with "wasi:io/error@0.2.0" (instance 0))
    (with "wasi:io/streams@0.2.0" (instance 1))
    (with "wasi:http/types@0.2.0" (instance 2))))
  (export "render" (func $page "render"))
  (export "wasi:http/incoming-handler@0.2.0" (instance $page "wasi:http/incoming-handler@0.2.0")))
