# Checks of the tree, run as tests (see tools/). They do not depend on the preset, so that the sanitizers need not
# repeat them.

if(OSTLER_SANITIZE OR OSTLER_COVERAGE)
  return()
endif()

# ostler_tool_test(NAME): tools/tests/NAME.py, which plants mistakes and looks whether the check finds them.
function(ostler_tool_test name)
  ostler_check(tools.${name}
    COMMAND "${CMAKE_COMMAND}" -E env PYTHONDONTWRITEBYTECODE=1 "PYTHONPATH=tools:tools/tests"
      "${Python3_EXECUTABLE}" -m unittest -q ${name})
  # What Python skips must not look as if it had passed.
  set_tests_properties(tools.${name} PROPERTIES SKIP_REGULAR_EXPRESSION "OK \\(skipped=")
endfunction()

foreach(check IN ITEMS includes house format)
  ostler_check(tree.${check} COMMAND "${Python3_EXECUTABLE}" -B tools/check_${check}.py)
  ostler_tool_test(check_${check}_test)
endforeach()
ostler_tool_test(link_test_test)
ostler_tool_test(scripts_test)
ostler_tool_test(skipped_test)

# The first run looks at every file, some seconds each; later ones at what has changed.
ostler_check(tree.tidy COMMAND "${Python3_EXECUTABLE}" -B tools/check_tidy.py --build "${CMAKE_BINARY_DIR}" TIMEOUT 1200)
set_tests_properties(tree.tidy PROPERTIES PROCESSORS 2)
ostler_tool_test(check_tidy_test)
