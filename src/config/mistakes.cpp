#include "config/mistakes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <utility>

#include "base/ensure.hpp"
#include "config/toml_scanner.hpp"

namespace ostler::config {
namespace {

// Names of files come from outside, and may hold anything.
std::string fit_to_show(std::string_view text, std::size_t size_max) {
  std::string out(text.substr(0, size_max));
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return out;
}

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t at = 1; at < line; ++at) {
    auto const end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  auto found = text.substr(0, text.find('\n'));
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

// A part of the line that has the column in it, each character one column wide as far as we can know.
struct excerpt {
  std::string text;
  std::size_t caret = 0;
};

excerpt around(std::string_view line, std::uint32_t column) {
  constexpr std::size_t shown_max = 90;
  constexpr std::size_t before_max = 60;
  std::size_t const wanted = column > 0 ? column - 1 : 0;
  std::size_t const first = wanted > before_max ? wanted - before_max : 0;
  excerpt out{first > 0 ? "..." : "", 0};
  std::size_t at = 0;
  for (; !line.empty() && at < first + shown_max; ++at) {
    auto const length = std::max<std::size_t>(utf8_length(line), 1);
    auto const byte = static_cast<unsigned char>(line.front());
    // What lies between 0x80 and 0x9f makes terminals do things, as what lies below 0x20 does.
    bool const plain = length > 1 ? byte != 0xc2 || static_cast<unsigned char>(line[1]) >= 0xa0
                                  : byte >= 0x20 && byte < 0x7f;
    if (at >= first) out.text += plain ? line.substr(0, length) : byte == '\t' ? " " : "?";
    line.remove_prefix(length);
  }
  if (!line.empty()) out.text += "...";
  out.caret = std::min(wanted, at) - first + (first > 0 ? 3 : 0);
  return out;
}

// How many letters are wrong, missing, too many or in the wrong order.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> two_before;
  std::vector<std::size_t> before(right.size() + 1);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = i;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::vector<std::size_t> row(right.size() + 1, i);
    for (std::size_t k = 1; k <= right.size(); ++k) {
      bool const same = left[i - 1] == right[k - 1];
      row[k] = std::min({before[k] + 1, row[k - 1] + 1, before[k - 1] + (same ? 0 : 1)});
      if (i > 1 && k > 1 && left[i - 1] == right[k - 2] && left[i - 2] == right[k - 1])
        row[k] = std::min(row[k], two_before[k - 2] + 1);
    }
    two_before = std::exchange(before, std::move(row));
  }
  return before.back();
}

}  // namespace

void mistakes::tell(error_code code, place at, std::string what, std::string allowed) {
  ++count_;
  if (kept_.size() < told_max) kept_.push_back({code, at, std::move(what), std::move(allowed)});
}

std::string mistakes::where(place at) const {
  ensure(at.source < sources_.size(), "a place is in one of the sources");
  auto const name = fit_to_show(sources_[at.source]->name, 300);
  return at.line == 0 ? name : fmt::format("{}:{}:{}", name, at.line, at.column);
}

std::string mistakes::evidence(mistake const& one) const {
  auto text = fmt::format("{}: {}\n", where(one.at), fit_to_show(one.what, 600));
  if (one.at.line != 0) {
    auto const shown = around(line_of(sources_[one.at.source]->text, one.at.line), one.at.column);
    auto const number = fmt::format("{:>5}", one.at.line);
    text += fmt::format("{} | {}\n{:>5} | {:>{}}\n", number, shown.text, "", "^", shown.caret + 1);
  }
  if (!one.allowed.empty()) text += fmt::format("  allowed: {}\n", fit_to_show(one.allowed, 600));
  return text;
}

error mistakes::as_error() const {
  ensure(!kept_.empty(), "there is a mistake to be told");
  auto sorted = kept_;
  std::ranges::sort(sorted, {}, [](mistake const& one) { return std::tie(one.at, one.what); });
  error out{sorted.front().code, {}, {}, {}};
  out.message = fmt::format("{}: {}", where(sorted.front().at), fit_to_show(sorted.front().what, 600));
  if (count_ > 1) out.message += fmt::format(" (and {} more)", count_ - 1);
  for (auto const& one : sorted) out.detail += evidence(one);
  if (count_ > kept_.size()) out.detail += fmt::format("{} more are not shown\n", count_ - kept_.size());
  out.detail.pop_back();
  return out;
}

std::string did_you_mean(std::string_view given, std::span<std::string_view const> known) {
  constexpr std::size_t length_max = 40;
  if (given.size() > length_max) return {};
  std::string_view best;
  // A third of the letters may be wrong; in short names one.
  std::size_t least = std::max<std::size_t>(1, given.size() / 3) + 1;
  for (auto const each : known) {
    auto const apart = distance(given, each);
    if (apart >= least) continue;
    least = apart;
    best = each;
  }
  return best.empty() ? std::string() : fmt::format("; did you mean `{}`?", best);
}

}  // namespace ostler::config
