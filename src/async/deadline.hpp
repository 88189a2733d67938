// Work with a limit to its time.
//
// The first end counts: when the time is up, the work is cancelled and its end awaited, so nothing of it runs
// when the answer is given. Work that does not hear a cancellation is waited for however long it takes.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"

namespace ostler::async {

enum class ending : std::uint8_t { in_time, out_of_time };

// Exceptions of the work are thrown on, except for the cancellation that the end of the time caused.
task<ending> race(milliseconds limit, task<void> work);

namespace detail {
template <class T> task<void> keep(std::optional<result<T>>* answer, task<result<T>> work) {
  answer->emplace(co_await std::move(work));
}
}  // namespace detail

// `what` is for the message: "launch the keeper of web". A result that came although the time was up is
// given: what was done is not denied because it was late.
template <class T> task<result<T>> with_deadline(milliseconds limit, std::string what, task<result<T>> work) {
  std::optional<result<T>> answer;
  auto kept = detail::keep<T>(&answer, std::move(work));
  auto const end = co_await race(limit, std::move(kept));
  bool const late_failure = end == ending::out_of_time && answer && !*answer;
  if (answer && !late_failure) co_return std::move(*answer);
  auto why = late_failure ? answer->error().message : std::string();
  co_return fail(error_code::timed_out, fmt::format("{} took longer than {}", what, format_duration(limit)),
                 std::move(why));
}

}  // namespace ostler::async
