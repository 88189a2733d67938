#include "keeper/hold/graveyard.hpp"

#include <algorithm>
#include <utility>

#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

constexpr milliseconds wait_first{1};
constexpr milliseconds wait_cap{10'000};

bool removed(run_group& group) {
  static_cast<void>(group.kill());
  auto const left = group.members();
  return left && left->empty() && group.remove();
}

}  // namespace

void graveyard::bury(std::unique_ptr<run_group> group) {
  if (!group || removed(*group)) return;
  waiting_.push_back(std::move(group));
  wait_ = wait_first;
  again_.set(system::now() + wait_);
}

void graveyard::dig() {
  std::erase_if(waiting_, [](std::unique_ptr<run_group> const& each) { return removed(*each); });
  if (waiting_.empty()) return;
  wait_ = std::min(wait_ * 2, wait_cap);
  again_.set(system::now() + wait_);
}

}  // namespace ostler::keeper
