# libtenon_sqlite: the database behind wasi:keyvalue. Opened when --keyvalue sqlite:FILE asks for it.
find_package(SQLite3 REQUIRED)
add_library(tenon_sqlite SHARED ${CMAKE_SOURCE_DIR}/src/wasi/keyvalue/sqlite.cpp
            $<TARGET_OBJECTS:tenon_base> $<TARGET_OBJECTS:tenon_os>)  # of errors

target_include_directories(tenon_sqlite PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
set_target_properties(tenon_sqlite PROPERTIES CXX_VISIBILITY_PRESET hidden LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_link_libraries(tenon_sqlite PRIVATE SQLite::SQLite3 Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(tenon_sqlite PRIVATE -Wl,--exclude-libs,ALL ${TENON_ALL_DEFINED})
add_dependencies(tenon tenon_sqlite)  # not linked, but expected beside whoever uses it
