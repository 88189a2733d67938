// An open descriptor and who owns it.
#pragma once

#include <unistd.h>
#include <utility>

namespace ostler::system {

class fd {
 public:
  constexpr fd() = default;
  explicit constexpr fd(int number) : number_(number) {}
  fd(fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  fd& operator=(fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  fd(fd const&) = delete;
  fd& operator=(fd const&) = delete;
  ~fd() { reset(); }

  constexpr int get() const { return number_; }
  constexpr explicit operator bool() const { return number_ >= 0; }
  // Whoever calls it owns the descriptor from now on.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  void reset(int number = -1) {
    // close() is not repeated after EINTR: Linux has freed the number by then.
    if (number_ >= 0) ::close(number_);
    number_ = number;
  }

 private:
  int number_ = -1;
};

}  // namespace ostler::system
