# libtenon_network: fibers, the reactor, HTTP and TLS, with Boost, OpenSSL and nghttp2. Opened when a guest first needs it: most
# runs do without, and start faster so.
find_package(OpenSSL REQUIRED)
find_library(TENON_NGHTTP2 NAMES nghttp2 REQUIRED)
if(NOT TENON_SANITIZE)
  set(TENON_ALL_DEFINED -Wl,-z,defs)  # what is missing shows when the library is linked, not when it is opened
endif()
find_library(TENON_BOOST_CONTEXT NAMES libboost_context.a boost_context REQUIRED)
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/wasi/network/*.cpp)
add_library(tenon_network SHARED ${sources})
target_include_directories(tenon_network PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(tenon_network PRIVATE BOOST_ASIO_NO_DEPRECATED)
set_target_properties(tenon_network PROPERTIES CXX_VISIBILITY_PRESET hidden LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_link_libraries(tenon_network PRIVATE ${TENON_BOOST_CONTEXT} OpenSSL::SSL OpenSSL::Crypto ${TENON_NGHTTP2} Threads::Threads)
target_link_options(tenon_network PRIVATE -Wl,--exclude-libs,ALL ${TENON_ALL_DEFINED})
add_dependencies(tenon tenon_network)  # not linked, but expected beside whoever uses it
