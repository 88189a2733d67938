// What ostler.toml may say, for editors and for people: both printed from the table of keys that the reader
// reads by.
#pragma once

#include <string>

namespace ostler::config {

// JSON Schema, draft 7: what the language servers of TOML know. The tables of providers are open in it,
// because only the provider knows them.
std::string json_schema();
// The page docs/reference/ostler-toml.md.
std::string config_reference();

}  // namespace ostler::config
