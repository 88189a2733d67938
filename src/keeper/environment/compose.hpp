// The environment of a service, put together from its layers: what the place has, what is told to every
// service, files, and the lists of the spec. Later layers win, and may use what earlier ones and their own
// lines have set.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

// "NAME=value", taken as they are: ours, or what was an environment already, where a name may be anything.
struct plain_layer {
  std::vector<std::string> list;
};

// "NAME=value" as the spec has them: DATABASE_URL=postgres://localhost:${OSTLER_PORT_DB}/shop.
struct spec_layer {
  // For refusals: "env of service web".
  std::string origin;
  std::vector<std::string> list;
};

// The content of a file like .env.
struct file_layer {
  std::string path;
  std::string text;
};

using environment_layer = std::variant<plain_layer, spec_layer, file_layer>;

// "NAME=value", each name once.
result<std::vector<std::string>> compose_environment(std::span<environment_layer const> layers);

}  // namespace ostler::keeper
