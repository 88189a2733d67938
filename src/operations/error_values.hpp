// How a refusal looks from outside: the body of every answer that is not a success, and the `error` of an
// instance or a service.
#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace ostler::operations {

struct error_told {
  std::string code;
  std::string name;
  std::string message;
  std::string detail;
  std::vector<std::string> hints;
  std::string instance;
  std::string service;
};
BOOST_DESCRIBE_STRUCT(error_told, (), (code, name, message, detail, hints, instance, service))

struct error_answer {
  error_told error;
};
BOOST_DESCRIBE_STRUCT(error_answer, (), (error))

error_told told(error const& value, std::string_view instance = {}, std::string_view service = {});
// For a client. A code of a newer daemon becomes link_failed, with the text kept.
error heard(error_told const& value);

}  // namespace ostler::operations
