#include "providers/local/settings.hpp"

#include <fmt/format.h>

#include "wire/json.hpp"

namespace ostler::providers::local {

result<settings> parse_settings(std::string_view text) {
  if (text.empty()) return settings{};
  auto read = wire::from_json_exactly<settings>(text);
  if (!read)
    return fail(error_code::provider_refused,
                fmt::format("the settings of the local place: {}", read.error().message));
  for (auto const& pattern : read->exclude)
    if (pattern.empty() || pattern.find('\0') != std::string::npos)
      return fail(error_code::provider_refused, "a pattern of `exclude` is empty or holds a NUL byte");
  return read;
}

std::string_view settings_schema() {
  return R"({"type":"object","properties":{)"
         R"("mode":{"enum":["in_place","copy","empty"],"default":"in_place",)"
         R"("description":"the checkout itself, a copy of it, or an empty directory"},)"
         R"("exclude":{"type":"array","items":{"type":"string","minLength":1},"default":[],)"
         R"("description":"shell patterns of what is not copied"}},"additionalProperties":false})";
}

}  // namespace ostler::providers::local
