// What bash, zsh and fish need to complete our words. Verbs and options are written into the script; names of
// instances and services are asked of `ostler __complete`, which is silent when the daemon is away.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostler::cli {

// "bash", "zsh" or "fish".
result<std::string> completion_script(std::string_view shell);

}  // namespace ostler::cli
