// Is this process, and no other, ready to be used?
//
// A service may require several signs; it is ready only while all of them hold for its current process. Every
// observation says on which process it was made, because the two classic lies come from another one: a
// leftover of the last run that still answers on the port, and a stranger who took the port first.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::lifecycle {

enum class ready_sign : std::uint8_t { output, tcp, http, exec, notify, registered };
inline constexpr int ready_sign_count = 6;
std::string_view text(ready_sign value);
std::optional<ready_sign> find_ready_sign(std::string_view text);

class sign_set {
 public:
  constexpr sign_set() = default;
  constexpr sign_set(std::initializer_list<ready_sign> signs) {
    for (auto const sign : signs) set(sign, true);
  }

  constexpr void set(ready_sign sign, bool holds) {
    auto const bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(sign));
    bits_ = static_cast<std::uint8_t>(holds ? bits_ | bit : bits_ & ~bit);
  }
  constexpr bool has(ready_sign sign) const { return ((bits_ >> static_cast<unsigned>(sign)) & 1U) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr sign_set without(sign_set other) const {
    sign_set rest;
    rest.bits_ = static_cast<std::uint8_t>(bits_ & ~other.bits_);
    return rest;
  }
  constexpr bool operator==(sign_set const&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

// Which run of a service is meant, and its main process. Generation 0 is nobody's: an observation that bears
// it was made on a process outside the service's tree.
struct process_key {
  std::uint64_t generation = 0;
  std::int64_t pid = 0;

  bool operator==(process_key const&) const = default;
};

struct sign_seen {
  ready_sign sign = ready_sign::output;
  bool holds = false;
  process_key process;
};

// What an observation amounted to.
//   unchanged  of our process, and nothing new (also: a sign that nobody required)
//   changed    of our process, and missing() is another now
//   stale      of another run, late or duplicated
//   foreign    somebody outside our tree answers in our place
enum class sign_verdict : std::uint8_t { unchanged, changed, stale, foreign };

class readiness {
 public:
  readiness() = default;
  explicit readiness(sign_set required) : required_(required) {}

  // A new process has every sign yet to show.
  void begin(process_key process);
  // A process that had shown every sign before we came to know it: some signs are shown only once.
  void begin_ready(process_key process) {
    begin(process);
    seen_ = required_;
  }
  // Nothing runs; nothing is ready.
  void end() { begin({}); }
  sign_verdict observe(sign_seen const& seen);

  bool ready() const { return process_.generation != 0 && required_.without(seen_).empty(); }
  sign_set required() const { return required_; }
  // The required signs that do not hold, in the order of ready_sign.
  std::vector<std::string_view> missing() const;
  // missing() as words: "tcp and http".
  std::string missing_text() const;

  bool operator==(readiness const&) const = default;

 private:
  sign_set required_;
  sign_set seen_;
  process_key process_;
};

// The refusal that names who answers instead of the service. Port 0: the sign has no port.
error foreign_answer(std::string_view service, std::uint16_t port, ready_sign sign, std::int64_t pid);

}  // namespace ostler::lifecycle
