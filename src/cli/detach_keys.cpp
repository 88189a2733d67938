#include "cli/detach_keys.hpp"

#include <fmt/format.h>
#include <optional>

#include "base/name.hpp"

namespace ostler::cli {
namespace {

std::optional<char> key_of(std::string_view name) {
  if (name.size() == 1) return name.front();
  if (!name.starts_with("ctrl-") || name.size() != 6) return std::nullopt;
  char const last = name.back();
  if (last >= 'a' && last <= 'z') return static_cast<char>(last - 'a' + 1);
  if (last >= '@' && last <= '_') return static_cast<char>(last - '@');
  return std::nullopt;
}

}  // namespace

result<detach_keys> detach_keys::parse(std::string_view text) {
  detach_keys out;
  out.text_ = text;
  while (!text.empty()) {
    auto const end = text.find(',');
    auto const key = key_of(text.substr(0, end));
    if (!key)
      return fail(
          error_code::usage,
          fmt::format(
              "--detach-keys {}: a key is one character, or ctrl- and a letter or one of @ [ \\ ] ^ _",
              in_quotes(out.text_)));
    out.keys_ += *key;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

detach_keys::typed detach_keys::take(std::string_view input) {
  typed out;
  for (char const c : input) {
    if (keys_.empty()) {
      out.bytes += c;
      continue;
    }
    // What was held back is passed on as far as it can no longer be the beginning of the keys.
    while (matched_ > 0 && c != keys_[matched_]) {
      std::size_t keep = matched_ - 1;
      while (keep > 0 && keys_.substr(matched_ - keep, keep) != keys_.substr(0, keep)) --keep;
      out.bytes += keys_.substr(0, matched_ - keep);
      matched_ = keep;
    }
    if (c != keys_[matched_]) {
      out.bytes += c;
      continue;
    }
    if (++matched_ < keys_.size()) continue;
    matched_ = 0;
    out.leave = true;
    return out;
  }
  return out;
}

}  // namespace ostler::cli
