#include "wire/keeper_link.hpp"

#include <fmt/format.h>

namespace ostler::wire {

told_error told(error const& value) {
  return {.code = std::string(facts(value.code).code),
          .name = std::string(facts(value.code).name),
          .message = value.message,
          .detail = value.detail,
          .hints = value.hints};
}

error heard(told_error const& value) {
  auto const* known = find_error(value.code);
  if (known != nullptr)
    return {.code = known->value, .message = value.message, .detail = value.detail, .hints = value.hints};
  return {.code = error_code::link_failed,
          .message = fmt::format("{} {}", value.code, value.message),
          .detail = value.detail,
          .hints = value.hints};
}

}  // namespace ostler::wire
