# libtenon_optimizing: the optimizing tier, with LLVM. The program and the library open it when it is first needed.
find_program(TENON_LLVM_CONFIG NAMES llvm-config-19 REQUIRED)
execute_process(COMMAND ${TENON_LLVM_CONFIG} --includedir OUTPUT_VARIABLE llvm_include OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND ${TENON_LLVM_CONFIG} --libdir OUTPUT_VARIABLE llvm_libraries OUTPUT_STRIP_TRAILING_WHITESPACE)
find_library(TENON_LLVM LLVM-19 HINTS ${llvm_libraries} REQUIRED)

# The meaning of every instruction as bitcode (src/jit/optimizing/operations.cpp): for a machine of the second level, so
# that rounding and shuffles are instructions; multiplications and additions are not contracted, since the standard
# rounds each.
set(optimizing ${CMAKE_SOURCE_DIR}/src/jit/optimizing)
set(flags_x86_64 -march=x86-64-v2)
set(flags_aarch64 -mno-outline-atomics)  # which would call a library that is not there

# operations_of(MACHINE): the file ${bitcode_MACHINE}. For the machine that is built for, and for the others if
# there are headers for them (Debian: libstdc++-12-dev-arm64-cross, or -amd64-cross; for AArch64 those of
# tools/make_aarch64_sysroot.sh do, too); without them the file is empty, and `tenon compile --target` says so.
function(operations_of machine)
  set(bitcode ${CMAKE_BINARY_DIR}/operations_${machine}.bc)
  set(bitcode_${machine} ${bitcode} PARENT_SCOPE)
  set(flags ${flags_${machine}})
  set(own ${CMAKE_SYSTEM_PROCESSOR})
  string(REPLACE "arm64" "aarch64" own ${own})
  string(REPLACE "AMD64" "x86_64" own ${own})
  if(CMAKE_CROSSCOMPILING OR NOT machine STREQUAL own)
    list(APPEND flags --target=${machine}-linux-gnu)
  endif()
  if(machine STREQUAL own)
    if(CMAKE_CROSSCOMPILING)
      list(APPEND flags --sysroot=${CMAKE_SYSROOT})
    endif()
  else()
    set(root ${CMAKE_SOURCE_DIR}/build/${machine}-sysroot/root)
    if(EXISTS ${root})
      list(APPEND flags --sysroot=${root})
    endif()
    file(WRITE ${CMAKE_BINARY_DIR}/headers.cpp "#include <atomic>\n#include <string_view>\n")
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flags} -fsyntax-only ${CMAKE_BINARY_DIR}/headers.cpp
                    RESULT_VARIABLE missing OUTPUT_QUIET ERROR_QUIET)
    if(missing)
      message(STATUS "No headers for ${machine}: nothing can be compiled ahead of time for it")
      file(TOUCH ${bitcode})
      return()
    endif()
  endif()
  add_custom_command(
    OUTPUT ${bitcode}
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -O2 ${flags} -ffp-contract=off -fno-vectorize -fno-exceptions -fno-rtti
            -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/include -emit-llvm -MD -MF ${bitcode}.d
            -c ${optimizing}/operations.cpp -o ${bitcode}
    DEPENDS ${optimizing}/operations.cpp
    DEPFILE ${bitcode}.d
    COMMENT "Building the operations' bitcode for ${machine}"
    VERBATIM)
endfunction()
operations_of(x86_64)
operations_of(aarch64)

enable_language(ASM)
file(GLOB sources CONFIGURE_DEPENDS ${optimizing}/*.cpp)
list(REMOVE_ITEM sources ${optimizing}/operations.cpp)
add_library(tenon_optimizing SHARED ${sources} ${optimizing}/operations_bitcode.S)
set_source_files_properties(${optimizing}/operations_bitcode.S PROPERTIES
  COMPILE_OPTIONS "-DTENON_OPERATIONS_X86_64=\"${bitcode_x86_64}\";-DTENON_OPERATIONS_AARCH64=\"${bitcode_aarch64}\""
  OBJECT_DEPENDS "${bitcode_x86_64};${bitcode_aarch64}")
# LLVM's headers are C++17; with C++23's library some of them don't compile.
set_target_properties(tenon_optimizing PROPERTIES CXX_STANDARD 20 CXX_VISIBILITY_PRESET hidden
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(tenon_optimizing SYSTEM PRIVATE ${llvm_include})
target_include_directories(tenon_optimizing PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_options(tenon_optimizing PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
# The lower folders once more: this library shares no symbols with whoever opens it.
foreach(folder base os spec model binary validate)
  get_target_property(type tenon_${folder} TYPE)
  if(type STREQUAL "OBJECT_LIBRARY")
    target_sources(tenon_optimizing PRIVATE $<TARGET_OBJECTS:tenon_${folder}>)
  endif()
endforeach()
target_link_libraries(tenon_optimizing PRIVATE ${TENON_LLVM} Threads::Threads)
target_link_options(tenon_optimizing PRIVATE -Wl,--exclude-libs,ALL)
add_dependencies(tenon tenon_optimizing)  # not linked, but expected beside whoever uses it
