// Ctrl-C and its kin as something to be polled, for verbs that have a last word to say. While one of these
// lives, the signals end nothing by themselves.
#pragma once

#include <csignal>
#include <initializer_list>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::cli {

class interrupts {
 public:
  // Of SIGINT and SIGTERM, and what is named besides. Programs started meanwhile would inherit the blocking.
  static result<interrupts> begin(std::initializer_list<int> besides = {});
  interrupts(interrupts&& other) noexcept;
  interrupts& operator=(interrupts&&) = delete;
  ~interrupts();

  int fd() const { return fd_.get(); }
  // The next that came; 0 when none did.
  int take() const;

 private:
  interrupts(system::fd made, sigset_t former) : fd_(std::move(made)), former_(former), owns_(true) {}

  system::fd fd_;
  sigset_t former_{};
  bool owns_ = false;
};

}  // namespace ostler::cli
