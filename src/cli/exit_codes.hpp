// What the shell is told. Most follow from the code of an error (base/errors.def); these are the ones that
// verbs give themselves.
#pragma once

#include <array>
#include <string_view>

namespace ostler::cli {

enum exit_code : int {
  exit_done = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_not_so = 3,
  exit_unknown = 4,
  exit_provider = 5,
  exit_settings = 6,
  exit_no_daemon = 7,
  exit_protected = 8,
  exit_time_over = 124,
  exit_exec_failed = 125,
  exit_cannot_run = 126,
  exit_not_found = 127,
  exit_interrupted = 130,
};

struct exit_line {
  std::string_view code;
  std::string_view meaning;
};

inline constexpr std::array exit_lines{
    exit_line{"0", "done; for status: ready"},
    exit_line{"1", "failed, reason printed"},
    exit_line{"2", "usage error, ambiguous name"},
    exit_line{"3", "status, wait: exists but is not in that state (stopped, error, not ready)"},
    exit_line{"4", "no such instance or service"},
    exit_line{"5", "provider unavailable or not installed"},
    exit_line{"6", "settings invalid or not trusted"},
    exit_line{"7", "daemon not reachable"},
    exit_line{"8", "refused to protect work"},
    exit_line{"124", "--timeout ran out"},
    exit_line{"125", "exec: we failed"},
    exit_line{"126", "exec: the command cannot be run"},
    exit_line{"127", "exec: the command was not found"},
    exit_line{"n", "exec: the command's own"},
    exit_line{"130", "interrupted"},
};

}  // namespace ostler::cli
