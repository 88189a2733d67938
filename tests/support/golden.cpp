#include "tests/support/golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <sstream>
#include <string_view>

namespace ostler {
namespace {

bool accepting() {
  auto const* value = std::getenv("OSTLER_ACCEPT");
  return value != nullptr && std::string_view(value) == "1";
}

std::optional<std::string> read_file(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

bool write_file(std::filesystem::path const& path, std::string const& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.flush();
  return file.good();
}

std::string_view line_around(std::string_view text, std::size_t line_start) {
  auto const rest = text.substr(std::min(line_start, text.size()));
  return rest.substr(0, rest.find('\n'));
}

std::string first_difference(std::string_view expected, std::string_view actual) {
  auto const [left, right] = std::ranges::mismatch(expected, actual);
  auto const offset = static_cast<std::size_t>(left - expected.begin());
  auto const before = expected.substr(0, offset);
  auto const newline = before.rfind('\n');
  auto const line_start = newline == std::string_view::npos ? 0 : newline + 1;
  return fmt::format("first difference in line {} (byte {})\n  the file: {}\n  the code: {}",
                     std::ranges::count(before, '\n') + 1, offset, line_around(expected, line_start),
                     line_around(actual, line_start));
}

}  // namespace

std::filesystem::path const& project_root() {
  static std::filesystem::path const root(OSTLER_ROOT);
  return root;
}

void expect_golden(std::filesystem::path relative_to_root, std::string const& actual) {
  auto const path = project_root() / relative_to_root;
  auto const expected = read_file(path);
  if (expected == actual) return;
  if (accepting()) {
    if (!write_file(path, actual)) ADD_FAILURE() << relative_to_root << " could not be written";
    return;
  }
  ADD_FAILURE() << relative_to_root.string() << " is not what the code makes: "
                << (expected ? first_difference(*expected, actual) : "there is no such file")
                << "\nRun this test with OSTLER_ACCEPT=1 to renew it, then look at `git diff`.";
}

}  // namespace ostler
