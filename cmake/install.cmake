# What `cmake --install` gives: the program, the library, the public headers, and a package for CMake and for pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tenon)
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/tenon.pc.in ${CMAKE_BINARY_DIR}/package/tenon.pc @ONLY)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tenonConfig.cmake.in
                              ${CMAKE_BINARY_DIR}/package/tenonConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/tenonConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS tenon EXPORT tenonTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tenon_optimizing LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tenon_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS tenon_network tenon_sqlite LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS tenon_dwarf LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tenonTargets NAMESPACE tenon:: DESTINATION ${package_folder})
install(FILES ${CMAKE_BINARY_DIR}/package/tenonConfig.cmake ${CMAKE_BINARY_DIR}/package/tenonConfigVersion.cmake
        DESTINATION ${package_folder})
install(FILES ${CMAKE_BINARY_DIR}/package/tenon.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
