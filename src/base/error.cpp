#include "base/error.hpp"

#include <array>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"

namespace ostler {
namespace {

constexpr bool yes = true;
constexpr bool no = false;

constexpr std::array error_table{
#define OSTLER_ERROR(code, name, http, exit, retry, help) \
  error_facts{error_code::name, #code, #name, http, exit, retry, help},
#include "base/errors.def"
#undef OSTLER_ERROR
};

consteval bool table_is_in_order() {
  for (std::size_t i = 0; i < error_table.size(); ++i) {
    if (static_cast<std::size_t>(error_table[i].value) != i) return false;
    if (i > 0 && error_table[i - 1].code >= error_table[i].code) return false;
  }
  return true;
}
static_assert(table_is_in_order(), "errors.def is sorted by code, and every code stands once");

}  // namespace

std::span<error_facts const> all_errors() { return error_table; }

error_facts const& facts(error_code code) {
  auto const index = static_cast<std::size_t>(code);
  ensure(index < error_table.size(), "error codes come from errors.def");
  return error_table[index];
}

error_facts const* find_error(std::string_view code_or_name) {
  for (auto const& entry : error_table)
    if (entry.code == code_or_name || entry.name == code_or_name) return &entry;
  return nullptr;
}

std::unexpected<error> fail(error_code code, std::string message, std::string detail,
                            std::vector<std::string> hints) {
  return std::unexpected(error{code, std::move(message), std::move(detail), std::move(hints)});
}

std::string error_reference() {
  std::string page =
      "# Error codes\n\n"
      "Printed from `src/base/errors.def`. A code never changes its meaning. `retry` says whether the same "
      "request may succeed later without a change.\n\n"
      "| code | name | HTTP | exit | retry | what to do |\n| --- | --- | --- | --- | --- | --- |\n";
  for (auto const& entry : error_table)
    page += fmt::format("| {} | `{}` | {} | {} | {} | {} |\n", entry.code, entry.name, entry.http_status,
                        entry.exit_code, entry.retryable ? "yes" : "no", entry.help);
  return page;
}

}  // namespace ostler
