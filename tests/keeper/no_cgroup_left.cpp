// Every test of this program, alone or with others, leaves as many cgroups of keepers as it found.
#include <gtest/gtest.h>
#include <optional>

#include "tests/support/own_cgroups.hpp"

namespace ostler::test {
namespace {

class no_cgroup_left : public testing::Environment {
 public:
  void SetUp() override { cgroups_.emplace(); }
  void TearDown() override {
    for (auto const& one : cgroups_->of_keepers()) ADD_FAILURE() << "left: " << one;
    cgroups_.reset();
  }

 private:
  std::optional<own_cgroups> cgroups_;
};

// GoogleTest owns it.
[[maybe_unused]] auto const* const registered = testing::AddGlobalTestEnvironment(new no_cgroup_left);

}  // namespace
}  // namespace ostler::test
