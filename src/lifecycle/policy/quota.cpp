#include "lifecycle/policy/quota.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ostler::lifecycle {
namespace {

constexpr std::size_t holders_named = 5;

std::string held_by(std::span<std::string const> holders) {
  if (holders.empty()) return {};
  auto const named = holders.first(std::min(holders.size(), holders_named));
  auto out = fmt::format(", held by {}", fmt::join(named, ", "));
  if (holders.size() > holders_named) out += fmt::format(" and {} more", holders.size() - holders_named);
  return out;
}

}  // namespace

void quota_limits::set(std::string_view provider, std::string_view type, std::int64_t limit) {
  limits_[std::string(provider)][std::string(type)] = limit;
}

std::optional<std::int64_t> quota_limits::limit(std::string_view provider, std::string_view type) const {
  for (auto const who : {provider, std::string_view("*")}) {
    auto const of_provider = limits_.find(who);
    if (of_provider == limits_.end()) continue;
    auto const found = of_provider->second.find(type);
    if (found != of_provider->second.end()) return found->second;
  }
  return std::nullopt;
}

result<void> check(quota_limits const& limits, quota_request const& request,
                   std::span<std::string const> holders) {
  auto const limit = limits.limit(request.provider, request.type);
  // Subtracting cannot overflow where adding could: neither side is negative.
  if (!limit || request.wanted <= *limit - std::max<std::int64_t>(request.used, 0)) return {};
  return fail(error_code::limit_reached,
              fmt::format("{} allows {} {}: {} in use{}; {} more asked for", request.provider, *limit,
                          request.type, request.used, held_by(holders), request.wanted));
}

}  // namespace ostler::lifecycle
