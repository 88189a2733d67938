// All the numbers that can be tuned, in one struct made from one list (numbers.def), so that the defaults,
// the limits, the reader of settings and the documentation cannot disagree.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "lifecycle/policy/backoff.hpp"
#include "lifecycle/policy/heartbeat.hpp"
#include "lifecycle/policy/intensity.hpp"
#include "lifecycle/policy/start_retries.hpp"

namespace ostler::lifecycle {

enum class number_kind : std::uint8_t { duration, count, ratio };

template <number_kind> struct number_type;
template <> struct number_type<number_kind::duration> {
  using type = milliseconds;
};
template <> struct number_type<number_kind::count> {
  using type = int;
};
template <> struct number_type<number_kind::ratio> {
  using type = double;
};

struct numbers {
#define OSTLER_NUMBER(field, kind, key, preset, least, most, what) \
  number_type<number_kind::kind>::type field{preset};
#include "lifecycle/policy/numbers.def"
#undef OSTLER_NUMBER

  bool operator==(numbers const&) const = default;
};

struct number_facts {
  std::string_view key;
  number_kind kind;
  // As a person would write them.
  std::string preset, least, most;
  std::string_view what;
};

// In the order of numbers.def.
std::span<number_facts const> all_numbers();

// Sets one number from text. A refusal leaves all of them as they were:
//   value_unknown       no such key; names the nearest one
//   duration_invalid    not a duration
//   value_out_of_range  not a number, or beyond the limits, which it says
result<void> set(numbers& values, std::string_view key, std::string_view text);
// The number as text that set() reads back; value_unknown like set().
result<std::string> get(numbers const& values, std::string_view key);
// What must hold between numbers, and each within its limits.
result<void> check(numbers const& values);

// The table for the documentation.
std::string numbers_reference();

// The rules that the numbers amount to.
heartbeat_rule heartbeat_of(numbers const& values);
backoff reconnect_of(numbers const& values);
start_retries start_retries_of(numbers const& values);
intensity restart_intensity_of(numbers const& values);
backoff restart_backoff_of(numbers const& values);
backoff inspect_backoff_of(numbers const& values);
backoff remove_backoff_of(numbers const& values);
backoff tree_check_of(numbers const& values);

}  // namespace ostler::lifecycle
