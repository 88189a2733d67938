// The errors a caller can act on. The list is errors.def; the code, the help line, the HTTP status and the
// exit code of an error all come from there.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ostler {

enum class error_code : std::uint8_t {
#define OSTLER_ERROR(code, name, http, exit, retry, help) name,
#include "base/errors.def"
#undef OSTLER_ERROR
};

struct error_facts {
  error_code value;
  std::string_view code;  // P0301
  std::string_view name;  // port_taken
  int http_status;
  int exit_code;
  bool retryable;
  std::string_view help;
};

// In the order of errors.def.
std::span<error_facts const> all_errors();
error_facts const& facts(error_code code);
// Looks up either form, "P0301" or "port_taken"; null when there is no such code.
error_facts const* find_error(std::string_view code_or_name);

struct error {
  error_code code;
  std::string message;             // one line: what happened, naming the thing
  std::string detail;              // evidence, may have several lines
  std::vector<std::string> hints;  // commands to try, most likely first

  bool operator==(error const&) const = default;
};

// `return fail(error_code::name_taken, "…")` in a function that returns result<T>.
[[nodiscard]] std::unexpected<error> fail(error_code code, std::string message, std::string detail = {},
                                          std::vector<std::string> hints = {});

// The page docs/reference/errors.md.
std::string error_reference();

}  // namespace ostler
