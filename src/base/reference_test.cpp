#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/golden.hpp"

namespace ostler {
namespace {

TEST(reference, the_page_of_errors_is_the_list_in_the_code) {
  expect_golden("docs/reference/errors.md", error_reference());
}

}  // namespace
}  // namespace ostler
