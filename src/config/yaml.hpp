// YAML as the tree that all settings are. Every scalar is a text, because what it means is for whoever asks;
// what is not there (null) is a table without members.
//
// Anchors are copied and merge keys (<<) carried out, within limits: a few lines of YAML can stand for more
// than any memory holds.
#pragma once

#include <expected>
#include <string_view>

#include "config/node.hpp"

namespace ostler::config {

std::expected<node, text_mistake> parse_yaml(std::string_view text);

}  // namespace ostler::config
