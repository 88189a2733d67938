# Google's RE2, as the target `re2`, and for programs that need no library at run time `re2_static`. Debian's package has
# no configuration for CMake in every release; both lie where the linker looks.
find_path(OSTLER_RE2_INCLUDE re2/re2.h REQUIRED)
find_library(OSTLER_RE2_LIBRARY re2 REQUIRED)
find_library(OSTLER_RE2_ARCHIVE libre2.a REQUIRED)
find_package(Threads REQUIRED)
function(ostler_re2_target name file)
  add_library(${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES
    IMPORTED_LOCATION "${file}"
    INTERFACE_INCLUDE_DIRECTORIES "${OSTLER_RE2_INCLUDE}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endfunction()
ostler_re2_target(re2 "${OSTLER_RE2_LIBRARY}")
ostler_re2_target(re2_static "${OSTLER_RE2_ARCHIVE}")
