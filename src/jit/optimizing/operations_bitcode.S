// The bitcode of operations.cpp as data; the build gives the file's name.
    .section .rodata
    .global tenon_operations_bitcode
    .global tenon_operations_bitcode_end
tenon_operations_bitcode:
    .incbin TENON_OPERATIONS_BITCODE
tenon_operations_bitcode_end:
    .section .note.GNU-stack,"",@progbits
