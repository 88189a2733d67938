#include "lifecycle/policy/readiness.hpp"

#include <array>
#include <fmt/format.h>

#include "base/planted_fault.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::array<std::string_view, ready_sign_count> sign_words{"output", "tcp",    "http",
                                                                    "exec",   "notify", "registered"};

}  // namespace

std::string_view text(ready_sign value) { return sign_words[static_cast<std::size_t>(value)]; }

std::optional<ready_sign> find_ready_sign(std::string_view text) {
  for (std::size_t i = 0; i < sign_words.size(); ++i)
    if (sign_words[i] == text) return static_cast<ready_sign>(i);
  return std::nullopt;
}

void readiness::begin(process_key process) {
  process_ = process;
  seen_ = {};
}

sign_verdict readiness::observe(sign_seen const& seen) {
  bool const ours = seen.process == process_ && process_.generation != 0;
  if (!ours && !planted(fault::readiness_of_another_process)) {
    // The same run under another pid is as foreign as a process of no run at all.
    bool const foreign = seen.process.generation == 0 || seen.process.generation == process_.generation;
    if (!foreign) return sign_verdict::stale;
    // That a stranger does not answer says nothing about us.
    return seen.holds && process_.generation != 0 ? sign_verdict::foreign : sign_verdict::stale;
  }
  if (!required_.has(seen.sign) || seen_.has(seen.sign) == seen.holds) return sign_verdict::unchanged;
  seen_.set(seen.sign, seen.holds);
  return sign_verdict::changed;
}

std::vector<std::string_view> readiness::missing() const {
  std::vector<std::string_view> names;
  auto const rest = required_.without(seen_);
  for (std::size_t i = 0; i < sign_words.size(); ++i)
    if (rest.has(static_cast<ready_sign>(i))) names.push_back(sign_words[i]);
  return names;
}

std::string readiness::missing_text() const {
  std::string out;
  auto const names = missing();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  return out;
}

error foreign_answer(std::string_view service, std::uint16_t port, ready_sign sign, std::int64_t pid) {
  auto const where = port == 0 ? std::string() : fmt::format(" on :{}", port);
  return {.code = error_code::foreign_listener,
          .message =
              fmt::format("pid {} answers ({}){}, and it is not part of {}", pid, text(sign), where, service),
          .detail = {},
          .hints = {}};
}

}  // namespace ostler::lifecycle
