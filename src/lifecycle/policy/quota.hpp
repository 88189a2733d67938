// Limits on what may exist at once, for each type of resource and each configured provider. They are checked
// when the intent is written, before anything is made.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::lifecycle {

class quota_limits {
 public:
  // Provider "*" gives the limit of every provider that has none of its own for this type.
  void set(std::string_view provider, std::string_view type, std::int64_t limit);
  // Nothing: unlimited.
  std::optional<std::int64_t> limit(std::string_view provider, std::string_view type) const;

  bool operator==(quota_limits const&) const = default;

 private:
  using by_type = std::map<std::string, std::int64_t, std::less<>>;
  std::map<std::string, by_type, std::less<>> limits_;
};

struct quota_request {
  std::string_view provider;
  // Plural, as it stands in the message: "containers", "ports".
  std::string_view type;
  std::int64_t used = 0;
  std::int64_t wanted = 1;
};

// limit_reached says the limit, the use and who holds it: the first five of `holders`, then "and N more".
result<void> check(quota_limits const& limits, quota_request const& request,
                   std::span<std::string const> holders);

}  // namespace ostler::lifecycle
