#include "tests/daemon/leftovers.hpp"

#include <chrono>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <thread>

#include "system/files.hpp"
#include "system/noted_cgroups.hpp"

namespace ostler::test {

namespace fs = std::filesystem;

namespace {

// Whoever was killed is in them for a moment longer, and no event tells when he is not.
void remove_of(fs::path const& home) {
  auto const open = system::open_at(AT_FDCWD, home.string(), O_RDONLY | O_DIRECTORY);
  if (!open) return;
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    auto const left = system::remove_noted_cgroups(open->get());
    if (left && left->empty()) return;
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "cgroups of " << home << " cannot be removed";
      return;
    }
    std::this_thread::yield();
  }
}

}  // namespace

void remove_cgroups_of_homes(fs::path const& root) {
  std::error_code ignored;
  for (fs::recursive_directory_iterator each(root, ignored), end; each != end; each.increment(ignored))
    if (each->path().filename() == "cgroups" && each->is_regular_file(ignored))
      remove_of(each->path().parent_path());
}

}  // namespace ostler::test
