;; Sections of the tool conventions, as annotations; a flag without a name stays a number.
(module
  (@producers (language "C11" "") (sdk "kit" "2") (language "Rust" "1.95") (processed-by "clang \22x\22" "19"))
  (func $f)
  (@dylink.0
    (mem-info (memory 1024 4) (table 7 0))
    (needed "libc.so" "libm.so") (runtime-path "$ORIGIN")
    (import-info "env" "weak" binding-weak undefined)
    (export-info "tls" tls 0x8000) (export-info "plain")))
