// Small trees of settings, made by hand: each value has the place of what it comes from.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "config/node.hpp"

namespace ostler::config {

inline node text_at(place at, std::string text) { return {std::move(text), at}; }
inline node table_at(place at) { return {table{}, at}; }
// `to` is a table.
inline node& put(node& to, std::string key, node value) {
  auto const at = value.at;
  return std::get<table>(to.value).members.emplace_back(std::move(key), at, std::move(value)).value;
}

// A name as services have it: "My_Web" is "my-web". Empty when nothing is left of it.
std::string service_name_from(std::string_view name);
// Whether a command looks at PORT: then it gets one.
bool mentions_port(std::string_view command);

}  // namespace ostler::config
