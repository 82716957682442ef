// The bitcode of operations.cpp for each machine as data; the build gives the files' names. An empty one has no bitcode.
    .section .rodata
    .global tenon_operations_x86_64
    .global tenon_operations_x86_64_end
    .global tenon_operations_aarch64
    .global tenon_operations_aarch64_end
    .balign 16
tenon_operations_x86_64:
    .incbin TENON_OPERATIONS_X86_64
tenon_operations_x86_64_end:
    .balign 16
tenon_operations_aarch64:
    .incbin TENON_OPERATIONS_AARCH64
tenon_operations_aarch64_end:
    .section .note.GNU-stack,"",@progbits
