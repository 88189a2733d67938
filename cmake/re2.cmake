# Google's RE2, as the target `re2`. Debian's package has no configuration for CMake in every release, and programs that
# are linked statically need the archive; both lie where the linker looks.
set(OSTLER_RE2_STATIC OFF CACHE BOOL "Link RE2 from its archive, for programs that need no library at run time")

find_path(OSTLER_RE2_INCLUDE re2/re2.h REQUIRED)
if(OSTLER_RE2_STATIC)
  find_library(OSTLER_RE2_ARCHIVE libre2.a REQUIRED)
  set(re2_library "${OSTLER_RE2_ARCHIVE}")
else()
  find_library(OSTLER_RE2_LIBRARY re2 REQUIRED)
  set(re2_library "${OSTLER_RE2_LIBRARY}")
endif()
find_package(Threads REQUIRED)
add_library(re2 UNKNOWN IMPORTED GLOBAL)
set_target_properties(re2 PROPERTIES
  IMPORTED_LOCATION "${re2_library}"
  INTERFACE_INCLUDE_DIRECTORIES "${OSTLER_RE2_INCLUDE}"
# RE2, as a library that a static program can hold.
find_path(RE2_INCLUDE_DIR re2/re2.h REQUIRED)
find_library(RE2_LIBRARY NAMES libre2.a re2 REQUIRED)
find_package(Threads REQUIRED)
mark_as_advanced(RE2_INCLUDE_DIR RE2_LIBRARY)

add_library(re2::re2 UNKNOWN IMPORTED)
set_target_properties(re2::re2 PROPERTIES
  IMPORTED_LOCATION "${RE2_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${RE2_INCLUDE_DIR}"
  INTERFACE_LINK_LIBRARIES Threads::Threads)
