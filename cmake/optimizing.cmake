# libtenon_optimizing: the optimizing tier, with LLVM. The program and the library open it when it is first needed.
find_program(TENON_LLVM_CONFIG NAMES llvm-config-19 REQUIRED)
execute_process(COMMAND ${TENON_LLVM_CONFIG} --includedir OUTPUT_VARIABLE llvm_include OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND ${TENON_LLVM_CONFIG} --libdir OUTPUT_VARIABLE llvm_libraries OUTPUT_STRIP_TRAILING_WHITESPACE)
find_library(TENON_LLVM LLVM-19 HINTS ${llvm_libraries} REQUIRED)

# The meaning of every instruction as bitcode (src/jit/optimizing/operations.cpp): for a machine of the second level, so
# that rounding and shuffles are instructions; multiplications and additions are not contracted, since the standard
# rounds each.
set(optimizing ${CMAKE_SOURCE_DIR}/src/jit/optimizing)
set(bitcode ${CMAKE_BINARY_DIR}/operations.bc)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(machine -march=x86-64-v2)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  set(machine -mno-outline-atomics)  # which would call a library that is not there
endif()
if(CMAKE_CROSSCOMPILING)
  list(APPEND machine --target=${CMAKE_CXX_COMPILER_TARGET} --sysroot=${CMAKE_SYSROOT})
endif()
add_custom_command(
  OUTPUT ${bitcode}
  COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -O2 ${machine} -ffp-contract=off -fno-vectorize -fno-exceptions -fno-rtti
          -I${CMAKE_SOURCE_DIR}/src -I${CMAKE_SOURCE_DIR}/include -emit-llvm -MD -MF ${bitcode}.d
          -c ${optimizing}/operations.cpp -o ${bitcode}
  DEPENDS ${optimizing}/operations.cpp
  DEPFILE ${bitcode}.d
  COMMENT "Building the operations' bitcode"
  VERBATIM)

enable_language(ASM)
file(GLOB sources CONFIGURE_DEPENDS ${optimizing}/*.cpp)
list(REMOVE_ITEM sources ${optimizing}/operations.cpp)
add_library(tenon_optimizing SHARED ${sources} ${optimizing}/operations_bitcode.S)
set_source_files_properties(${optimizing}/operations_bitcode.S PROPERTIES
  COMPILE_OPTIONS "-DTENON_OPERATIONS_BITCODE=\"${bitcode}\"" OBJECT_DEPENDS ${bitcode})
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
