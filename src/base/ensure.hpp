// Our own promises, checked in every build.
//
// ensure() is for what only a mistake of ours can break. It stops the program: a daemon that may die at any
// instruction loses nothing by stopping, and everything by guessing. Nothing from outside may ever trip it.
#pragma once

#include <source_location>
#include <string_view>

namespace ostler {

[[noreturn]] void broken_promise(std::string_view promise, std::source_location where);

inline void ensure(bool holds, std::string_view promise,
                   std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    broken_promise(promise, where);
}

}  // namespace ostler
