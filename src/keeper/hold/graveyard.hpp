// Run groups that nobody needs any more, killed and removed for as long as it takes.
#pragma once

#include <memory>
#include <vector>

#include "keeper/hold/containment.hpp"
#include "keeper/loop/loop.hpp"

namespace ostler::keeper {

class graveyard {
 public:
  explicit graveyard(loop& on) : again_(on, [this] { dig(); }) {}
  graveyard(graveyard const&) = delete;
  graveyard& operator=(graveyard const&) = delete;

  void bury(std::unique_ptr<run_group> group);
  bool empty() const { return waiting_.empty(); }

 private:
  void dig();

  std::vector<std::unique_ptr<run_group>> waiting_;
  alarm again_;
  milliseconds wait_{1};
};

}  // namespace ostler::keeper
