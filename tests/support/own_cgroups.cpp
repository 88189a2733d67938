#include "tests/support/own_cgroups.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace ostler::test {
namespace {

namespace fs = std::filesystem;

// Whoever was killed is in it for a moment longer.
constexpr int removal_tries = 10'000;

}  // namespace

own_cgroups::own_cgroups() {
  auto const name = fmt::format("ostler-test-{}", ::getpid());
  // "" is version 2.
  for (auto const* controller : {"", "freezer", "memory", "cpu", "pids"}) {
    auto const hierarchy = system::find_hierarchy(controller);
    // One hierarchy may have several of the controllers.
    if (!hierarchy || hierarchy->own_path.ends_with(name + "/launcher")) continue;
    auto const own = hierarchy->directory_of(hierarchy->own_path);
    if (!own) continue;
    auto before = system::cgroup_directory::open(*own);
    auto ours = system::cgroup_directory::make(*own + "/" + name);
    if (!before || !ours) continue;
    // A keeper goes beside its launcher, so there is one more between.
    auto const launcher = system::cgroup_directory::make(ours->path() + "/launcher");
    if (launcher && launcher->write("cgroup.procs", "0"))
      entered_.push_back({.before = std::move(*before), .ours = std::move(*ours)});
    else
      static_cast<void>(ours->remove());
  }
}

own_cgroups::~own_cgroups() {
  for (auto const& each : entered_) {
    static_cast<void>(each.before.write("cgroup.procs", "0"));
    for (int tried = 0; tried < removal_tries && !each.ours.remove(); ++tried) ::poll(nullptr, 0, 1);
  }
}

std::vector<std::string> own_cgroups::of_keepers() const {
  std::vector<std::string> found;
  for (auto const& each : entered_) {
    std::error_code gone;
    for (fs::recursive_directory_iterator at(each.ours.path(), gone), end; at != end; at.increment(gone))
      if (at->path().filename().string().starts_with("ostler-")) found.push_back(at->path().string());
  }
  return found;
}

}  // namespace ostler::test
