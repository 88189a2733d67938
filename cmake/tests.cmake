# Tests are GoogleTest programs, one for each library, and checks of the tree written as scripts.
# Each carries one label: `unit` (pure, quick), `sim` (the simulation), `real` (real processes, files, engines).

find_package(GTest REQUIRED)
include(GoogleTest)
# 3.11 reads TOML by itself.
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

# ostler_test(NAME SOURCES a_test.cpp ... DEPENDS ostler_base ... [LABEL unit] [TIMEOUT 60] [LINK ...])
function(ostler_test name)
  cmake_parse_arguments(test "" "LABEL;TIMEOUT" "SOURCES;DEPENDS;LINK;ENVIRONMENT" ${ARGN})
  if(NOT test_LABEL)
    set(test_LABEL unit)
  endif()
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 120)
  endif()
  add_executable(${name} ${test_SOURCES})
  target_link_libraries(${name} PRIVATE ostler_flags ${test_DEPENDS} ${test_LINK} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name}
    TEST_PREFIX "${name}."
    PROPERTIES LABELS ${test_LABEL} TIMEOUT ${test_TIMEOUT} ENVIRONMENT "${test_ENVIRONMENT}"
    DISCOVERY_TIMEOUT 60)
endfunction()

# ostler_check(NAME COMMAND ... [LABEL unit] [TIMEOUT 300]): a check of the tree, run as a test.
function(ostler_check name)
  cmake_parse_arguments(check "" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
  if(NOT check_LABEL)
    set(check_LABEL unit)
  endif()
  if(NOT check_TIMEOUT)
    set(check_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${check_COMMAND} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS ${check_LABEL} TIMEOUT ${check_TIMEOUT})
endfunction()
