#include "operations/error_values.hpp"

namespace ostler::operations {

error_told told(error const& value, std::string_view instance, std::string_view service) {
  auto const& known = facts(value.code);
  return {.code = std::string(known.code),
          .name = std::string(known.name),
          .message = value.message,
          .detail = value.detail,
          .hints = value.hints,
          .instance = std::string(instance),
          .service = std::string(service)};
}

error heard(error_told const& value) {
  auto const* known = find_error(value.code);
  return {.code = known != nullptr ? known->value : error_code::link_failed,
          .message = value.message,
          .detail = value.detail,
          .hints = value.hints};
}

}  // namespace ostler::operations
