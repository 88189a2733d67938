# Layers proved by the linker: a library that refers to something it does not declare fails the build.

# ostler_link_test(ostler_base): a program with an empty main() that holds the library whole, and beside it only what
# the library declares under DEPENDS and LINK. Linked with everything else; run as the test `link.ostler_base`, which
# shows that loading it does nothing.
function(ostler_link_test library)
  set(program ${library}_link_test)
  set(main "${CMAKE_BINARY_DIR}/link_test/main.cpp")
  file(CONFIGURE OUTPUT "${main}" CONTENT "int main() {}\n")
  add_executable(${program} "${main}")
  target_link_libraries(${program} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${library}>")
  add_test(NAME link.${library} COMMAND ${program})
  set_tests_properties(link.${library} PROPERTIES LABELS unit TIMEOUT 60)
endfunction()
