// Golden files: text or bytes kept in the tree, which a test compares with what the code makes today.
//
// OSTLER_ACCEPT=1 renews them; the difference is then looked at and committed with the change that caused it.
#pragma once

#include <filesystem>
#include <string>

namespace ostler {

// The root of the checkout that the tests were built from.
std::filesystem::path const& project_root();

// Fails, naming the first line that differs and how to renew the file, unless the file holds exactly
// `actual`.
void expect_golden(std::filesystem::path relative_to_root, std::string const& actual);

}  // namespace ostler
