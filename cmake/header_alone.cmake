# Every header compiles alone: whoever includes it needs to know of no other. Looks at the tree at the end of the
# configuration, when all libraries are known.
#
# A header whose own .cpp includes it first is compiled alone by the ordinary build already; clang-format keeps it first.
# For each of the others there is a unit here that includes it twice. They are no part of the default build; the test
# `tree.headers_alone` builds them, and the compiler cache makes that cheap. The headers are globbed, against our habit,
# because a header that somebody forgot to list is just the one to look at. Lists (.def) are no headers.

if(OSTLER_SANITIZE OR OSTLER_COVERAGE)
  return()
endif()

# Is that header the first that its own .cpp includes?
function(ostler_includes_itself_first result header)
  set(${result} FALSE PARENT_SCOPE)
  string(REGEX REPLACE "\\.hpp$" ".cpp" source "${CMAKE_SOURCE_DIR}/${header}")
  if(NOT EXISTS "${source}")
    return()
  endif()
  file(STRINGS "${source}" first REGEX "^#include" LIMIT_COUNT 1)
  string(REGEX REPLACE "^src/" "" named "${header}")
  if(first STREQUAL "#include \"${named}\"")
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

function(ostler_headers_alone)
  file(GLOB_RECURSE headers RELATIVE "${CMAKE_SOURCE_DIR}" CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/src/*.hpp" "${CMAKE_SOURCE_DIR}/simulation/*.hpp")
  set(units "")
  foreach(header IN LISTS headers)
    ostler_includes_itself_first(proven "${header}")
    if(proven)
      continue()
    endif()
    string(REGEX REPLACE "\\.hpp$" ".cpp" unit "${CMAKE_BINARY_DIR}/header_alone/${header}")
    file(CONFIGURE OUTPUT "${unit}" @ONLY CONTENT "#include \"@header@\"\n#include \"@header@\"\n")
    list(APPEND units "${unit}")
  endforeach()

  get_property(libraries GLOBAL PROPERTY OSTLER_LIBRARIES)
  add_library(header_alone OBJECT EXCLUDE_FROM_ALL ${units})
  target_include_directories(header_alone PRIVATE "${CMAKE_SOURCE_DIR}")
  # Only to be read by the front end: neither optimised nor described for a debugger.
  target_compile_options(header_alone PRIVATE -O0 -g0)
  target_link_libraries(header_alone PRIVATE ${libraries} ostler_test_support GTest::gmock)
  ostler_check(tree.headers_alone
    COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target header_alone TIMEOUT 900)
  # It fills the machine by itself.
  set_tests_properties(tree.headers_alone PROPERTIES PROCESSORS 2)
endfunction()
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL ostler_headers_alone)
