// How often each caller may ask: a bucket that fills steadily and of which each request takes one. Pure: the
// moment is handed in.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/instant.hpp"

namespace ostler::control {

class rates {
 public:
  rates(double per_second, double at_once) : per_second_(per_second), at_once_(at_once) {}

  // False when it asked too often; nothing is taken then.
  bool take(std::string_view who, instant now);
  // Forgets those whose bucket is full again, who are as if they had never asked.
  void forget_idle(instant now);
  std::size_t known() const { return all_.size(); }

 private:
  struct bucket {
    double left = 0;
    instant filled;
  };
  double filled_at(bucket const& one, instant now) const;

  double per_second_;
  double at_once_;
  std::map<std::string, bucket, std::less<>> all_;
};

}  // namespace ostler::control
