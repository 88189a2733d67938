#include "operations/operations_reference.hpp"

#include <gtest/gtest.h>
#include <string>

#include "tests/support/golden.hpp"

namespace ostler::operations {
namespace {

TEST(operations_reference, is_the_page_in_the_tree) {
  expect_golden("docs/reference/operations.md", operations_reference());
}

TEST(operations_reference, every_link_within_the_page_leads_to_a_heading) {
  auto const page = operations_reference();
  for (auto at = page.find("(#"); at != page.npos; at = page.find("(#", at + 1)) {
    auto const name = page.substr(at + 2, page.find(')', at) - at - 2);
    EXPECT_NE(page.find("\n### " + name + "\n"), page.npos) << name;
  }
}

}  // namespace
}  // namespace ostler::operations
