// result<T>: what was asked for, or an error that says what was tried, on what, and what to do now.
#pragma once

#include <expected>

#include "base/error.hpp"

namespace ostler {

template <class T> using result = std::expected<T, error>;

}  // namespace ostler
