#include "base/name.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace ostler {
namespace {

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

result<std::string> parse_name(std::string_view what, std::string_view text) {
  bool const fits = !text.empty() && text.size() <= name_length_max && text.front() != '-' &&
                    text.back() != '-' && std::ranges::all_of(text, is_name_character);
  if (fits) return std::string(text);
  return fail(error_code::name_invalid,
              fmt::format("{} is not a valid {}; allowed: 1 to {} of a-z, 0-9 and '-', "
                          "not starting or ending with '-'",
                          in_quotes(text), what, name_length_max));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 80;
  std::string out = "'";
  for (char const c : text.substr(0, shown_max)) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  if (text.size() <= shown_max) return out + "'";
  // A cut through a multi-byte character would leave half of it.
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0U) == 0x80U) out.pop_back();
  if (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80U) != 0U) out.pop_back();
  return out + fmt::format("...' ({} bytes)", text.size());
}

}  // namespace ostler
