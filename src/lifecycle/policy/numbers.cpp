#include "lifecycle/policy/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <variant>
#include <vector>

#include "base/name.hpp"

namespace ostler::lifecycle {
namespace {

using namespace std::chrono_literals;

std::string write(milliseconds value) { return format_duration(value); }
std::string write(int value) { return fmt::format("{}", value); }
std::string write(double value) { return fmt::format("{}", value); }

using any_field = std::variant<milliseconds numbers::*, int numbers::*, double numbers::*>;

// The facts beside the member they are about.
struct entry {
  any_field field;
  number_facts facts;
};

template <class T> struct limits {
  T preset, least, most;
};

template <class T>
entry describe(T numbers::* field, std::string_view key, number_kind kind, limits<T> bounds,
               std::string_view what) {
  return {field, {key, kind, write(bounds.preset), write(bounds.least), write(bounds.most), what}};
}

std::vector<entry> const& entries() {
  static std::vector<entry> const all{
#define OSTLER_NUMBER(field, kind, key, preset, least, most, what) \
  describe(&numbers::field, key, number_kind::kind,                \
           limits<number_type<number_kind::kind>::type>{preset, least, most}, what),
#include "lifecycle/policy/numbers.def"
#undef OSTLER_NUMBER
  };
  return all;
}

// Reading. Each answers nothing for what is not a number of its kind.
std::optional<milliseconds> read(std::string_view text, milliseconds) {
  auto const value = parse_duration(text);
  return value ? std::optional(*value) : std::nullopt;
}

template <class T> std::optional<T> read(std::string_view text, T) {
  T value{};
  auto const end = text.data() + text.size();
  auto const [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string allowed(number_facts const& facts) {
  return fmt::format("allowed: {} to {}", facts.least, facts.most);
}

template <class T> result<void> within(number_facts const& facts, T value, std::string_view shown) {
  // The limits were written by write(), so they read back. A comparison with NaN is false: refused.
  auto const least = read(facts.least, T{}), most = read(facts.most, T{});
  if (least && most && value >= *least && value <= *most) return {};
  return fail(error_code::value_out_of_range,
              fmt::format("{}: {} is out of range; {}", facts.key, shown, allowed(facts)));
}

std::unexpected<error> not_a_number(number_facts const& facts, std::string_view text) {
  if (facts.kind == number_kind::duration)
    return fail(error_code::duration_invalid,
                fmt::format("{}: {} is not a duration such as 250ms, 10s or 1m30s; {}", facts.key,
                            in_quotes(text), allowed(facts)));
  return fail(error_code::value_out_of_range,
              fmt::format("{}: {} is not a {}; {}", facts.key, in_quotes(text),
                          facts.kind == number_kind::count ? "whole number" : "number", allowed(facts)));
}

// How many letters must change to make one word of the other.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < one.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < other.size(); ++j) {
      auto const kept = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({kept, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

result<entry const*> find(std::string_view key) {
  // What comes from outside may be long; the beginning is enough to guess by.
  auto const word = key.substr(0, 64);
  entry const* nearest = nullptr;
  std::size_t least = 0;
  for (auto const& candidate : entries()) {
    if (candidate.facts.key == key) return &candidate;
    auto const far = distance(word, candidate.facts.key);
    if (nearest != nullptr && far >= least) continue;
    nearest = &candidate;
    least = far;
  }
  return fail(error_code::value_unknown, fmt::format("there is no number called {}; did you mean {}?",
                                                     in_quotes(key), nearest->facts.key));
}

result<void> require(bool holds, std::string_view larger, std::string_view relation,
                     std::string_view smaller) {
  if (holds) return {};
  return fail(error_code::value_out_of_range, fmt::format("{} must be {} {}", larger, relation, smaller));
}

}  // namespace

std::span<number_facts const> all_numbers() {
  static std::vector<number_facts> const all = [] {
    std::vector<number_facts> out;
    for (auto const& each : entries()) out.push_back(each.facts);
    return out;
  }();
  return all;
}

result<void> set(numbers& values, std::string_view key, std::string_view text) {
  auto const found = find(key);
  if (!found) return std::unexpected(found.error());
  auto const& [field, facts] = **found;
  return std::visit(
      [&]<class T>(T numbers::* member) -> result<void> {
        auto const value = read(text, T{});
        if (!value) return not_a_number(facts, text);
        if (auto const fits = within(facts, *value, in_quotes(text)); !fits) return fits;
        values.*member = *value;
        return {};
      },
      field);
}

result<std::string> get(numbers const& values, std::string_view key) {
  auto const found = find(key);
  if (!found) return std::unexpected(found.error());
  return std::visit([&](auto member) { return write(values.*member); }, (*found)->field);
}

result<void> check(numbers const& values) {
  for (auto const& each : entries()) {
    auto const fits = std::visit(
        [&](auto member) { return within(each.facts, values.*member, write(values.*member)); }, each.field);
    if (!fits) return fits;
  }
  auto const& n = values;
  for (auto const& rule : {
           require(n.heartbeat_timeout > n.heartbeat_interval, "heartbeat.timeout", "longer than",
                   "heartbeat.interval"),
           require(n.reconnect_cap >= n.reconnect_first, "reconnect.cap", "at least", "reconnect.first"),
           require(n.restart_backoff_cap >= n.restart_backoff_first, "restart.backoff_cap", "at least",
                   "restart.backoff_first"),
           require(n.inspect_retry_cap >= n.inspect_retry_first, "inspect.retry_cap", "at least",
                   "inspect.retry_first"),
           require(n.remove_retry_cap >= n.remove_retry_first, "remove.retry_cap", "at least",
                   "remove.retry_first"),
           require(n.tree_check_cap >= n.tree_check_first, "tree.check_cap", "at least", "tree.check_first"),
           // Otherwise services would be killed before their grace is over.
           require(n.cleanup_limit >= n.stop_grace, "cleanup.limit", "at least", "stop.grace"),
       })
    if (!rule) return rule;
  return {};
}

std::string numbers_reference() {
  std::string out = "| number | default | least | most | what it is |\n| --- | --- | --- | --- | --- |\n";
  for (auto const& each : all_numbers())
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", each.key, each.preset, each.least, each.most,
                       each.what);
  return out;
}

heartbeat_rule heartbeat_of(numbers const& values) {
  return {.interval = values.heartbeat_interval, .timeout = values.heartbeat_timeout};
}

backoff reconnect_of(numbers const& values) {
  return {.first = values.reconnect_first,
          .factor = values.reconnect_factor,
          .cap = values.reconnect_cap,
          .jitter = values.reconnect_jitter};
}

start_retries start_retries_of(numbers const& values) {
  start_retries rule{.retries_max = values.start_retries};
  rule.waits.first = values.start_retry_first;
  rule.waits.factor = values.start_retry_factor;
  return rule;
}

intensity restart_intensity_of(numbers const& values) {
  return {.restarts_max = values.restart_intensity_max, .window = values.restart_intensity_window};
}

backoff restart_backoff_of(numbers const& values) {
  return {.first = values.restart_backoff_first, .cap = values.restart_backoff_cap};
}

backoff inspect_backoff_of(numbers const& values) {
  return {.first = values.inspect_retry_first, .cap = values.inspect_retry_cap};
}

backoff remove_backoff_of(numbers const& values) {
  return {.first = values.remove_retry_first, .cap = values.remove_retry_cap};
}

backoff tree_check_of(numbers const& values) {
  return {.first = values.tree_check_first, .cap = values.tree_check_cap};
}

}  // namespace ostler::lifecycle
